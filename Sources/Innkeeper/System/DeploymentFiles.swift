import FoundationEssentials
import Installations

/// The files of a deployment that a backup keeps beside the store: `innkeeper.json` and `addons/*.json`. Never a key, and
/// never the secret of a forward, which the configuration only names.
enum DeploymentFiles {
    static let configuration = "innkeeper.json"
    static let addons = "addons"

    /// Reads them from a data directory.
    static func collect(_ directory: DataDirectory) throws(BackupError) -> [BackupFile] {
        do {
            var files: [BackupFile] = []
            if FileManager.default.fileExists(atPath: directory.configurationFile) {
                let bytes = try Files.read(directory.configurationFile)
                // A secret that somebody wrote where its file's name belongs is refused there; it must not travel.
                _ = try ConfigurationFile(path: directory.configurationFile, bytes: bytes)
                files.append(BackupFile(name: configuration, bytes: bytes))
            }
            for entry in try Manifests.names(in: directory.addonsDirectory) {
                let name = "\(addons)/\(entry)"
                // What a restore would refuse is refused now, while it can still be renamed.
                guard isName(name) else {
                    throw BackupError.contents("\(directory.path)/\(name): the name is not plain")
                }
                files.append(BackupFile(name: name, bytes: try Files.read("\(directory.path)/\(name)")))
            }
            return files
        } catch let error as BackupError {
            throw error
        } catch {
            throw .contents(CommandError(error).message)
        }
    }

    /// Whether a name from a backup is one that `collect` gives. A backup may come from anywhere: a name with one more
    /// slash would write where its author likes, and one with control characters would drive a terminal.
    static func isName(_ name: String) -> Bool {
        if name == configuration { return true }
        guard name.hasPrefix("\(addons)/"), name.hasSuffix(".json") else { return false }
        let file = name.dropFirst(addons.count + 1)
        return file.utf8.count <= 255 && PrintableText.make(name) == name
            && !file.unicodeScalars.contains { $0 == "/" || $0 == "\\" }
    }
}
