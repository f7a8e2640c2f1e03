import Measurement
import Quantities

/// `junit.xml`: a test case for each threshold and one for the validity of the measurement, for CI servers.
///
/// A missed threshold is a failure, one without enough data is skipped. An invalid measurement is an error; a suspect one
/// passes, with its reasons as output. A run that was cut short is an error as well.
package enum JUnitXML {
    /// The document.
    package static func render(_ report: RunReport) -> String {
        let verdicts = Verdicts(report)
        let measured = report.metadata.isSimulated ? nil : validity(verdicts)
        let cases = [measured, end(verdicts)].compactMap { $0 } + verdicts.results.map(threshold)
        let failures = verdicts.results.count { $0.verdict == .failed }
        let skipped = verdicts.results.count { $0.verdict == .notEnoughData }
        var errors = verdicts.validity.verdict == .invalid ? 1 : 0
        if report.end == .cutShort { errors += 1 }
        let name = Escaping.markup(report.metadata.profile)
        let counts = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
        let time = Figures.fixed(report.duration.seconds, 3)
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"fullhouse\" \(counts) time=\"\(time)\">\n"
        text += "  <testsuite name=\"\(name)\" \(counts) time=\"\(time)\""
        // Without a time zone, as the JUnit schema of Jenkins and Ant has it; the time is UTC.
        text += " timestamp=\"\(Figures.iso(report.metadata.startedAt).dropLast())\">\n"
        text += "    <properties>\n"
        let properties = [
            ("seed", String(report.metadata.seed)), ("mode", report.metadata.mode),
            ("viewers", String(report.totals.overall.arrivals)), ("validity", verdicts.validity.verdict.label),
        ]
        for (key, value) in properties {
            text += "      <property name=\"\(key)\" value=\"\(Escaping.markup(value))\"/>\n"
        }
        text += "    </properties>\n" + cases.joined() + "  </testsuite>\n</testsuites>\n"
        return text
    }

    private static func testCase(_ name: String, group: String, _ content: String) -> String {
        let head = "    <testcase name=\"\(Escaping.markup(name))\" classname=\"fullhouse.\(group)\" time=\"0\""
        return content.isEmpty ? head + "/>\n" : head + ">\n      \(content)\n    </testcase>\n"
    }

    private static func validity(_ verdicts: Verdicts) -> String {
        let reasons = Escaping.markup(verdicts.validity.reasons.map(\.sentence).joined(separator: "\n"))
        let content: String =
            switch verdicts.validity.verdict {
            case .valid: ""
            case .suspect: "<system-out>\(reasons)</system-out>"
            case .invalid:
                "<error message=\"\(Escaping.markup(verdicts.validitySentence))\" type=\"invalid\">\(reasons)</error>"
            }
        return testCase("The measurement is valid", group: "validity", content)
    }

    private static func end(_ verdicts: Verdicts) -> String? {
        guard verdicts.report.end == .cutShort, let sentence = verdicts.endSentence else { return nil }
        return testCase(
            "The run reached its end", group: "validity",
            "<error message=\"\(Escaping.markup(sentence))\" type=\"cut-short\"/>")
    }

    private static func threshold(_ result: ThresholdResult) -> String {
        let sentence = Escaping.markup(result.sentence)
        let content: String =
            switch result.verdict {
            case .passed: "<system-out>\(sentence)</system-out>"
            case .failed: "<failure message=\"\(sentence)\" type=\"threshold\"/>"
            case .notEnoughData: "<skipped message=\"\(sentence)\"/>"
            }
        return testCase(result.threshold.text, group: "threshold", content)
    }
}
