import ArgumentParser
import Foundation
import Quantities
import Reporting
import RunProfile

/// `fullhouse plan`: who would come, and what that takes.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show a profile's audience and what a run takes, without contacting anything.",
        discussion: """
            Exit status: 0 this machine can carry the plan, as far as is known, 4 it cannot, 65 the profile is wrong, \
            66 a file cannot be read, 73 a file cannot be written.
            """)

    @Argument(help: "The profile, a YAML file; '-' reads standard input.")
    var profile: String

    @OptionGroup var audience: AudienceOptions

    @Option(
        help: ArgumentHelp(
            "The tracks of streams whose 'bitrates' the profile does not say, in kbit/s: 3400,1400,550. A size may stand behind a colon: 3400:1280x720.",
            valueName: "rates"))
    var ladder: String?

    @Option(help: "How long viewers who stay until the end are there, such as '90 min'.")
    var length: String?

    @Option(defaultAsFlag: "plan.html", help: "Also write the plan as a page, to plan.html or the file named.")
    var html: String?

    @Flag(help: "Print the plan as JSON.")
    var json = false

    @Flag(help: "Print no other characters than ASCII's.")
    var ascii = false

    func validate() throws {
        if let ladder, LadderTrack.ladder(ladder) == nil {
            throw ValidationError("--ladder must be bit rates in kbit/s such as 3400,1400,550 or 3400:1280x720,550.")
        }
        if let length, Amounts.duration(length).map({ $0 > .zero }) != true {
            throw ValidationError("--length must be \(Amounts.durationExpected), above zero.")
        }
    }

    func run() async throws {
        let report = try draft(machine: .read())
        if let html { try Self.write(PlanHTML.render(report), to: html) }
        let text = json ? PlanJSON.render(report) : PlanText.render(report, TerminalFacts.read(isPlain: ascii))
        FileHandle.standardOutput.write(Data(text.utf8))
        if !report.fits {
            throw CommandFailure(.beyondMachine, "this machine has not got what a run of this plan takes; see above")
        }
    }

    /// The plan of the profile as the options have it.
    func draft(machine: MachineFacts) throws -> PlanReport {
        let draft = PlanDraft(
            try audience.read(profile), ladder: ladder.flatMap(LadderTrack.ladder) ?? [],
            length: length.flatMap(Amounts.duration),
            machine: machine)
        return draft.report()
    }

    private static func write(_ page: String, to path: String) throws {
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure(.cannotCreate, "the page \(path) cannot be written; is there such a folder, and room?")
        }
        StandardError.line("The plan as a page: \(path)")
    }
}

extension TerminalFacts {
    /// Those of the terminal that standard output is, or of a page of 80 columns.
    static func read(isPlain: Bool) -> TerminalFacts {
        var size = winsize()
        let environment = ProcessInfo.processInfo.environment
        var columns = 80
        if isatty(STDOUT_FILENO) != 0, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            columns = Int(size.ws_col)
        }
        // The first of these that says anything decides (POSIX.1-2024, Base Definitions section 8.2).
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let isUnicode = ["utf-8", "utf8"].contains { locale.lowercased().contains($0) }
        return TerminalFacts(columns: columns, isPlain: isPlain || !isUnicode)
    }
}
