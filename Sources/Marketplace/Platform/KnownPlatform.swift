/// A platform whose add-ons this program serves: every name, word, host and key that is that platform's alone, in one value.
///
/// There is one, `clockify`. The marketplace's other products speak other protocols (protocol.md section 14); one that came to
/// speak this one would be another value, and each place that decides between the two is found by the name of the first.
package struct KnownPlatform: Sendable {
    /// What people call it.
    package let name: String
    /// `iss` of every token it signs (protocol.md section 1).
    let issuer: String
    /// `type` of every token that it signs for add-ons (protocol.md section 1).
    let tokenType: String
    /// The field of a lifecycle call that holds its token (protocol.md section 1.5).
    package let lifecycleTokenField: FieldName
    /// The field of a webhook that holds its token (protocol.md section 1.4).
    package let signatureField: FieldName
    /// The field of a webhook that names its event; no signature covers it (protocol.md section 1.4).
    package let eventTypeField: FieldName
    /// The hosts of its API, in every region and environment (protocol.md section 7).
    package let hosts: PlatformHosts
    /// The base URL of its API in its main region (protocol.md section 7).
    package let apiURL: String
    /// The public keys it signs with, as PEM (protocol.md section 2).
    let publicKeys: String

    /// The keys it signs with. Read anew each time: whoever asks keeps them.
    package var builtInKeys: TrustedKeys {
        do throws(PlatformKeyError) {
            return try TrustedKeys(pem: publicKeys)
        } catch {
            // A constant that a test compares by fingerprint: only a broken OpenSSL gets here, and then nothing may run.
            preconditionFailure("the built-in \(name) key: \(error)")
        }
    }
}

/// The name of a header field that a platform sends. It is said twice, because every field of every request is compared with
/// it, and a constant of the program in lower case costs neither a conversion nor the counting of references.
package struct FieldName: Sendable {
    /// As the platform writes it.
    package let text: String
    /// In lower case.
    package let lowercased: StaticString
}
