/// Every metric of the process, in one closed list: what is not in it is not kept.
///
/// A name says what is counted and in which unit; `_total` counts up, `_seconds` of a duration is a histogram. A label's
/// values come from a closed list as well: a route's kind or pattern, a status, a state, a reason. Never a tenant's id,
/// never a part of a path, never anything a request brought.
package enum Metric: String, CaseIterable, Sendable {
    case ingressRequests = "innkeeper_ingress_requests_total"
    case ingressSeconds = "innkeeper_ingress_request_seconds"
    case ingressRefusals = "innkeeper_ingress_refusals_total"
    case authenticationSeconds = "innkeeper_webhook_authentication_seconds"
    case webhookChecks = "innkeeper_webhook_checks_total"
    case inboxCommitSeconds = "innkeeper_inbox_commit_seconds"
    case inboxEvents = "innkeeper_inbox_events_total"
    case inboxWaiting = "innkeeper_inbox_waiting_events"
    case inboxKeptBytes = "innkeeper_inbox_kept_bytes"
    case inboxOldestAge = "innkeeper_inbox_oldest_event_age_seconds"
    case deliveries = "innkeeper_deliveries_total"
    case deliverySeconds = "innkeeper_delivery_seconds"
    case deadEvents = "innkeeper_dead_events"
    case operatorRequests = "innkeeper_operator_requests_total"
    case operatorRefusals = "innkeeper_operator_refusals_total"
    case tokenReadings = "innkeeper_token_readings_total"
    case installations = "innkeeper_installations"
    case storageKeys = "innkeeper_storage_keys"
    case installationsToRewrap = "innkeeper_installations_to_rewrap"
    case primaryKeyAge = "innkeeper_primary_key_age_seconds"
    case damagedValues = "innkeeper_damaged_values"
    case storeBytes = "innkeeper_store_bytes"
    case storeFreeBytes = "innkeeper_store_free_bytes"
    case ready = "innkeeper_ready"
    case attention = "innkeeper_attention"
    case logLinesDropped = "innkeeper_log_lines_dropped_total"
    case processMemory = "process_resident_memory_bytes"
    case processFiles = "process_open_fds"
    case processMaxFiles = "process_max_fds"

    /// How Prometheus reads it.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// How Prometheus reads this one.
    package var kind: Kind {
        switch self {
        case .ingressRequests, .ingressRefusals, .webhookChecks, .inboxEvents, .deliveries, .operatorRequests,
            .operatorRefusals, .tokenReadings, .logLinesDropped:
            return .counter
        case .ingressSeconds, .authenticationSeconds, .inboxCommitSeconds, .deliverySeconds: return .histogram
        case .inboxWaiting, .inboxKeptBytes, .inboxOldestAge, .deadEvents, .installations, .storageKeys,
            .installationsToRewrap, .primaryKeyAge, .damagedValues, .storeBytes, .storeFreeBytes, .ready, .attention,
            .processMemory, .processFiles, .processMaxFiles:
            return .gauge
        }
    }

    /// One sentence for whoever reads the metrics, the names of the labels included.
    package var help: String {
        switch self {
        case .ingressRequests: return "Requests on the public listener, by kind of route and status."
        case .ingressSeconds: return "From a request's first byte to its answer, by kind of route."
        case .ingressRefusals: return "Requests refused on the public listener, by kind of route and reason."
        case .authenticationSeconds: return "Time to judge a webhook's headers, before the store is asked."
        case .webhookChecks: return "Webhooks judged for a gateway in front, by verdict: genuine, or why not."
        case .inboxCommitSeconds: return "Time of one durable commit into the inbox, of one event or many."
        case .inboxEvents: return "Webhooks on their way into the inbox, by outcome."
        case .inboxWaiting: return "Events that are not settled yet."
        case .inboxKeptBytes: return "Bytes of sealed bodies in the store: of events that wait, and of dead letters."
        case .inboxOldestAge: return "Age of the oldest event that is not settled; 0 when none waits."
        case .deliveries: return "What became of events at each push, ack or nack: delivered, retried or dead."
        case .deliverySeconds: return "Time of one attempt to push an event, to the end of its answer."
        case .deadEvents: return "Events given up on, which an operator may replay."
        case .operatorRequests: return "Requests on the operator listener, by the route's pattern and status."
        case .operatorRefusals: return "Requests refused on the operator listener, by the error's code."
        case .tokenReadings: return "Readings of an installation token, by outcome."
        case .installations: return "Installations, by status."
        case .storageKeys: return "Storage keys, by state."
        case .installationsToRewrap: return "Installations not under the primary storage key; 0 after a rotation."
        case .primaryKeyAge: return "Time since the primary storage key was promoted."
        case .damagedValues: return "Sealed values known not to open."
        case .storeBytes: return "Size of the embedded store's files: the database and its log."
        case .storeFreeBytes: return "Free bytes of the file system that the embedded store is on."
        case .ready: return "1 while the server can do its work, else 0."
        case .attention:
            return "1 for what needs an operator now, by its code and severity; 0 for the rest of the list."
        case .logLinesDropped: return "Log lines that were not written, because nobody read what came before them."
        case .processMemory: return "Resident memory."
        case .processFiles: return "Open file descriptors."
        case .processMaxFiles: return "File descriptors that may be open."
        }
    }
}
