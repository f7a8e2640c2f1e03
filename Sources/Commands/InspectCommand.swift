import ArgumentParser
import Foundation
import Inspection
import LoadTest
import Manifests
import Quantities
import RunProfile
import Transport

/// `fullhouse inspect`: what a playlist or MPD says, for people and for programs.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show an HLS or DASH presentation: tracks, segments, live window, encryption, findings.",
        discussion: """
            Of a URL the manifest is fetched, and with it every HLS media playlist and every DASH segment index; no media. \
            A file or standard input ('-') is read without any network. docs/INSPECT.md explains the output, \
            docs/inspect.schema.json describes the JSON.

            Exit statuses: 0 done, 1 with --strict when there is an error among the findings, 64 the command line is \
            wrong, 65 the document is no playlist or MPD, 66 it cannot be fetched or read.
            """)

    @Argument(help: "An http or https URL, a file, or '-' for standard input.")
    var source: String

    @Flag(help: "Write JSON: everything that was read. With --follow one object a line.")
    var json = false

    @Flag(help: "List every track and segment; with --follow, follow every media playlist.")
    var all = false

    @Option(help: ArgumentHelp("Load again as a player would for so long, such as 30s.", valueName: "DURATION"))
    var follow: String?

    @Option(help: ArgumentHelp("What relative references of a file are resolved against.", valueName: "URI"))
    var base: String?

    @Option(
        help: ArgumentHelp(
            "A request header, sent to the URL's own host and to allowed ones; repeat it for more.",
            valueName: "NAME: VALUE"))
    var header: [String] = []

    @Option(
        help: ArgumentHelp(
            "A host of this machine or its private network that a public document may lead to; repeat it for more.",
            valueName: "HOST[:PORT]"))
    var allow: [String] = []

    @Flag(help: "End with status 1 when there is an error among the findings.")
    var strict = false

    func validate() throws {
        let input = Input(source)
        if case .badScheme(let scheme) = input {
            throw ValidationError("'\(scheme)' URLs are not fetched; only http and https are.")
        }
        if follow != nil {
            guard case .url = input else {
                throw ValidationError("--follow needs a URL: a file does not change by itself.")
            }
            _ = try followDuration()
        }
        if let base {
            if case .url = input {
                throw ValidationError("--base is for files and standard input; a URL is its own base.")
            }
            guard URIReference(base).scheme != nil else {
                throw ValidationError("--base takes an absolute URI such as https://host/path/; found '\(base)'.")
            }
        }
        for text in header { _ = try Self.header(text) }
    }

    func run() async throws {
        try await perform(Output(self))
    }

    /// Does what the command is for.
    ///
    /// - Parameter output: Where reports go.
    /// - Throws: ``CommandFailure``.
    func perform(_ output: Output) async throws {
        let findings: [ReportFinding]
        switch Input(source) {
        case .url(let uri): findings = try await inspect(uri, output)
        case .file, .standardInput, .badScheme: findings = try inspectOffline(output)
        }
        let errors = findings.count { $0.severity == .error }
        if strict, errors > 0 {
            throw CommandFailure(.thresholdsFailed, "\(errors) \(errors == 1 ? "error was" : "errors were") found")
        }
    }

    private func inspectOffline(_ output: Output) throws -> [ReportFinding] {
        let bytes = try Input(source).read()
        let name = source == "-" ? "standard input" : source
        let context = DecodingContext(uri: base ?? "")
        let manifest: DecodedManifest
        do throws(ManifestError) {
            manifest = try ManifestDecoder.decode(bytes, context: context)
        } catch {
            throw Self.unreadable(name, error)
        }
        let documents = InspectedDocuments(
            source: source, uri: base ?? "", manifest: manifest, inspectedAt: WallClock.now())
        let report = ReportBuilder.report(documents, tool: Self.tool, limits: output.limits)
        try output.show(report)
        return report.findings
    }

    /// The end of the command when a document cannot be understood.
    static func unreadable(_ name: String, _ error: ManifestError) -> CommandFailure {
        if case .notAManifest(let found) = error {
            return CommandFailure(.badInput, "\(name) is no playlist or MPD: it is \(found)")
        }
        return CommandFailure(.badInput, "\(name) cannot be read: \(error.sentence)")
    }

    /// The program's name and version.
    static let tool = "fullhouse \(ProgramVersion.text)"

    /// How long to follow; nil for not at all.
    func followDuration() throws -> TimeAmount? {
        guard let follow else { return nil }
        guard let duration = Amounts.duration(follow), duration > .zero, duration <= .seconds(Int64(7 * 86_400)) else {
            throw ValidationError("--follow: expected \(Amounts.durationExpected), at most 168 h; found '\(follow)'.")
        }
        return duration
    }

    /// A request header as written on the command line.
    static func header(_ text: String) throws -> HTTPHeader {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = halves[0].trimmingCharacters(in: .whitespaces)
        let isToken =
            !name.isEmpty
            && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
        guard halves.count == 2, isToken, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            // The text may hold a secret: it is not repeated.
            throw ValidationError("--header takes 'Name: value'.")
        }
        if ["host", "range", "accept-encoding", "connection", "content-length"].contains(name.lowercased()) {
            throw ValidationError("--header: \(name) is set by the program itself.")
        }
        return HTTPHeader(name: name, value: halves[1].trimmingCharacters(in: .whitespaces))
    }
}

extension InspectCommand {
    /// Writes reports and changes to standard output, as the flags want them.
    struct Output: Sendable {
        private let isJSON: Bool
        private let isLines: Bool
        private let style: InspectionText.Style
        private let write: @Sendable (String) -> Void

        /// - Parameters:
        ///   - command: The flags.
        ///   - write: Takes the text; by default standard output does.
        init(_ command: InspectCommand, write: @escaping @Sendable (String) -> Void = Output.standardOutput) {
            self.write = write
            isJSON = command.json
            isLines = command.follow != nil
            style = InspectionText.Style(
                width: Self.width, showsAll: command.all,
                usesColours: isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil)
        }

        func show(_ report: InspectionReport) throws {
            write(
                isJSON
                    ? try Self.json(report, isIndented: !isLines) : InspectionText.render(report, style: style))
        }

        func show(_ change: ReportChange) throws {
            guard ChangeText.isWorthTelling(change) else { return }
            write(isJSON ? try Self.json(change) : ChangeText.render(change, style: style) + "\n")
        }

        func show(_ result: ReportFindings) throws {
            write(isJSON ? try Self.json(result) : ChangeText.render(result, style: style))
        }

        /// How many segments it takes: people see the ends of each list.
        var limits: ReportBuilder.Limits {
            isJSON || style.showsAll ? ReportBuilder.Limits() : ReportBuilder.Limits(ends: 8)
        }

        /// A line between the report and what follows, in text only.
        func say(_ line: String) {
            if !isJSON { write(line + "\n") }
        }

        private static func json(_ record: some Encodable, isIndented: Bool = false) throws -> String {
            String(decoding: try ReportEncoder(isIndented: isIndented).encode(record), as: UTF8.self)
        }

        static let standardOutput: @Sendable (String) -> Void = { text in
            print(text, terminator: "")
            fflush(nil)
        }

        /// As wide as the terminal, up to 120 characters; 100 where there is none.
        private static var width: Int {
            var size = winsize()
            guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
                return 100
            }
            return min(120, Int(size.ws_col))
        }
    }
}
