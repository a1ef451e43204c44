import ArgumentParser

/// Lets the flags of the whole program stand in front of the verb: `innkeeper --data-dir D installations list` becomes
/// `innkeeper installations list --data-dir D`, which is how the parser wants it.
struct ArgumentOrder: Hashable {
    /// The arguments with leading flags behind the verb.
    let arguments: [String]
    /// The verbs, such as `["installations", "list"]`.
    let verbs: [String]
    /// Whether errors are to be JSON.
    let isJSON: Bool

    /// Flags with a value that are understood in front of the verb.
    private static let flags = ["--data-dir", "-o", "--output"] + SettingKey.allCases.compactMap(\.flag)

    /// Sorts the arguments of a command tree.
    init(_ arguments: [String], of root: any ParsableCommand.Type) {
        var rest = arguments[...]
        var moved: [String] = []
        var verbs: [String] = []
        var command = root
        while let argument = rest.first {
            if let next = Self.subcommand(argument, of: command) {
                verbs.append(argument)
                command = next
                rest = rest.dropFirst()
            } else if !command.configuration.subcommands.isEmpty, let count = Self.length(of: argument),
                rest.count >= count
            {
                moved += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else {
                break
            }
        }
        self.verbs = verbs
        // Without a verb only help and errors are left, and a flag there would be one error more.
        let isLeaf = command.configuration.subcommands.isEmpty
        self.arguments = verbs + (isLeaf ? moved : []) + rest
        isJSON = Self.wantsJSON(arguments)
    }

    /// How many arguments a flag takes up; nil when it is none of ours.
    private static func length(of argument: String) -> Int? {
        if flags.contains(argument) { return 2 }
        let isJoined = flags.contains { argument.hasPrefix($0 + "=") } || argument.hasPrefix("-o")
        return isJoined ? 1 : nil
    }

    private static func subcommand(_ name: String, of command: any ParsableCommand.Type) -> (any ParsableCommand.Type)?
    {
        command.configuration.subcommands.first { $0.configuration.commandName == name }
    }

    /// Looks for the format of errors before anything is parsed, since parsing itself may fail.
    private static func wantsJSON(_ arguments: [String]) -> Bool {
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { return false }
            for format in ["json", "jsonl"] {
                if ["-o\(format)", "-o=\(format)", "--output=\(format)"].contains(argument) { return true }
                let isNext = index + 1 < arguments.count && arguments[index + 1] == format
                if isNext, argument == "-o" || argument == "--output" { return true }
            }
        }
        return false
    }
}
