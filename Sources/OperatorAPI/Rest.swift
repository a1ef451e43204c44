import ServiceLifecycle

/// A pause between two rounds of what goes on until the process ends.
package enum Rest {
    /// Returns after so long, or at once when a shutdown begins or the task is cancelled; whether there is to be another round.
    package static func take(_ length: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: length) }
            return !Task.isShuttingDownGracefully
        } catch {
            return false
        }
    }
}
