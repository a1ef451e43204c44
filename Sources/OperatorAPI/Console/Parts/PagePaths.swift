import Foundation
import Installations
import Marketplace

extension String {
    /// The same as one part of a path, or as a value in a query.
    var asPathPart: String {
        var allowed = CharacterSet(charactersIn: "a"..."z")
        allowed.insert(charactersIn: "A"..."Z")
        allowed.insert(charactersIn: "0"..."9")
        allowed.insert(charactersIn: "-._~")
        return addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}

extension InstallationID {
    /// Where its page is.
    var consolePath: String {
        "/installations/\(addonKey.text.asPathPart)/\(workspaceID.text.asPathPart)/\(addonID.text.asPathPart)"
    }
}
