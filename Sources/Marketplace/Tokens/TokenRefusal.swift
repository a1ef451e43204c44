/// Why a token is not accepted. For the log and a metric label only: the answer to the caller is the same for all
/// (contract.md section 2).
package enum TokenRefusal: String, Error, CaseIterable, Sendable {
    /// More than 8 KiB.
    case tooLong = "too_long"
    /// Not three parts between two dots.
    case notThreeParts = "not_three_parts"
    /// A part that is not canonical base64url.
    case notBase64URL = "not_base64url"
    /// Header or claims are not a strict JSON object.
    case notJSON = "not_json"
    /// The same member name twice in header or claims.
    case duplicateName = "duplicate_name"
    /// `alg` is not exactly RS256.
    case algorithm
    /// A header member that would change how the token is to be read, or bring its own key.
    case forbiddenHeader = "forbidden_header"
    /// `iss` is not the platform's.
    case issuer
    /// `type` is not that of tokens for add-ons.
    case type
    /// `sub` is not the key of the route's add-on.
    case subject
    /// `exp` has passed.
    case expired
    /// `nbf` has not come.
    case notYetValid = "not_yet_valid"
    /// `exp` or `nbf` is not a number.
    case badTime = "bad_time"
    /// `workspaceId` or `addonId` is missing.
    case missingID = "missing_id"
    /// `workspaceId` or `addonId` is not an id.
    case badID = "bad_id"
    /// No trusted key made the signature.
    case signature
    /// Genuine, but with claims that only user tokens carry (protocol.md section 1.7).
    case userClaims = "user_claims"
}
