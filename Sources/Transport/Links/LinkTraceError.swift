/// Why a file is no trace of a link.
package enum LinkTraceError: Error, Hashable, Sendable {
    /// There is nothing in it but blanks and comments.
    case empty(name: String)
    /// More bytes than are read.
    case tooLong(name: String, bytes: Int, limit: Int)
    /// A line is not as it should be.
    case unreadable(name: String, line: Int, expected: String, found: String)
    /// The whole trace is an outage.
    case carriesNothing(name: String)
}

extension LinkTraceError: CustomStringConvertible {
    /// What is wrong, where, and what is expected instead.
    package var description: String {
        switch self {
        case .empty(let name):
            "\(name): the trace is empty; give mahimahi's lines, Sabre's JSON, or lines of seconds and kbit/s"
        case .tooLong(let name, let bytes, let limit):
            "\(name): the trace has \(bytes) bytes, and at most \(limit) are read; cut it or merge its steps"
        case .unreadable(let name, let line, let expected, let found):
            "\(name), line \(line): expected \(expected), found \(found)"
        case .carriesNothing(let name):
            "\(name): the rate is zero from begin to end; a link must carry something at some time"
        }
    }
}
