/// Where one add-on's events are delivered: `forward.<add-on key>` in `innkeeper.json`.
struct ForwardTarget: Hashable, Sendable {
    /// An `http` or `https` URL.
    let url: String
    /// The file with the Standard Webhooks signing secret.
    let secretFile: String
}
