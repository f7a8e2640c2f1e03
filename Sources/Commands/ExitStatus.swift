import Foundation

/// The exit statuses of every command; the README lists them.
package enum ExitStatus: Int32, Sendable {
    /// Everything was done, and all thresholds hold.
    case success = 0
    /// At least one threshold does not hold, `inspect --strict` found an error, or `token verify` refuses.
    case thresholdsFailed = 1
    /// The run's own measurement cannot be believed.
    case invalidMeasurement = 2
    /// Not one viewer saw a picture.
    case nothingPlayed = 3
    /// `plan`: this machine has not got what a run of the plan takes.
    case beyondMachine = 4
    /// The command line is wrong (EX_USAGE; the argument parser's own).
    case usage = 64
    /// The profile, or another input file, is wrong (EX_DATAERR).
    case badInput = 65
    /// An input file is not there or cannot be read, or a document to inspect cannot be fetched (EX_NOINPUT).
    case noInput = 66
    /// A server that the command was to start could not be started (EX_UNAVAILABLE).
    case unavailable = 69
    /// The system refused something that the program cannot do without (EX_OSERR).
    case system = 71
    /// A file or folder cannot be made (EX_CANTCREAT).
    case cannotCreate = 73
    /// Writing failed on the way, such as on a full disk (EX_IOERR).
    case ioError = 74
    /// Ended at once by a second Ctrl-C, or a search for a limit by the first.
    case interrupted = 130
}

/// An end with a sentence on standard error and a status.
package struct CommandFailure: Error, Sendable {
    /// The exit status.
    package var status: ExitStatus
    /// Sentences, one a line.
    package var sentences: [String]

    /// Creates a failure.
    package init(_ status: ExitStatus, _ sentences: String...) {
        self.status = status
        self.sentences = sentences
    }

    /// Creates a failure with several sentences.
    package init(_ status: ExitStatus, sentences: [String]) {
        self.status = status
        self.sentences = sentences
    }
}

/// Standard error, for people.
package enum StandardError {
    /// Writes a line.
    package static func line(_ text: String) { write(text + "\n") }

    /// Writes text as it is.
    package static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
