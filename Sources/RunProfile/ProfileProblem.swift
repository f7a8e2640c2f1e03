/// Something wrong in a profile, at its place.
package struct ProfileProblem: Error, Sendable, Hashable {
    /// The file as it was named.
    package var file: String
    /// The line from 1; nil where the whole file is meant.
    package var line: Int?
    /// The column from 1.
    package var column: Int?
    /// The setting, such as `audience.viewers`; `""` for the file as a whole.
    package var setting: String
    /// What is wrong, what is allowed.
    package var message: String

    /// One line: `cup.yaml:12:5: audience.viewers: …`.
    package var sentence: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        text += ": "
        if !setting.isEmpty { text += setting + ": " }
        return text + message
    }
}

/// Everything that is wrong in a profile.
package struct ProfileError: Error, Sendable {
    /// At least one problem, in the order of the file.
    package var problems: [ProfileProblem]
}
