import Measurement
import Quantities

/// The charts over time and the distribution of startup times.
enum HTMLCharts {
    static func render(_ report: RunReport, _ verdicts: Verdicts) -> String {
        guard report.duration > .zero else {
            return
                "<p class=\"note\">The run ended before its first second was stored, so there is nothing to draw.</p>\n"
        }
        let charts = TimeCharts(report)
        var text = "<h2>What the audience saw</h2>\n" + viewers(report)
        text += "<div class=\"grid\">\n"
        text += figure(
            "Startup time",
            DistributionChart.render(
                report.totals.overall.startup, id: "startup", title: "Distribution of startup times",
                population: "plays"),
            "How long viewers waited for the first frame. A second hump is a second kind of viewer: look for it in the tables"
                + " by edge and region.")
        text += figure(
            "Rebuffer ratio", charts.rebufferRatio(id: "rebuffer"),
            "The part of the viewing time in which the picture stood still. It should lie on the floor; a hill is a time when"
                + " segments came too late.")
        text += figure(
            "Mean bit rate", charts.bitRate(id: "bitrate"),
            "What was shown, not what was loaded. When it sinks with rising viewers, players are backing off.")
        text += figure(
            "Arrivals", charts.arrivals(id: "arrivals"),
            "Viewers that pressed play. Compare startup and errors with the steepest part.")
        text += "</div>\n<h2>What the network did</h2>\n<div class=\"grid\">\n"
        text += figure(
            "Throughput", charts.throughput(id: "throughput"),
            "Body bytes, counted when a transfer ends. A flat top is a limit that was reached: the CDN's, the link's, or the"
                + " tester's.")
        text += figure(
            "Requests", charts.requests(id: "requests"), "Transfers that ended, whatever their status.")
        text += figure(
            "Time to first byte", charts.firstByte(id: "firstbyte"),
            "The median and the slowest twentieth. When only the upper line rises, some edges or some objects are slow.",
            legend: [("playing", "p50"), ("starting", "p95")])
        text += figure(
            "Errors", charts.errors(id: "errors"),
            "Failed transfers may be retried without anybody noticing; a failed viewer is one too many.",
            legend: [("starting", "failed transfers"), ("rebuffering", "failed viewers")])
        return text + "</div>\n"
    }

    private static func viewers(_ report: RunReport) -> String {
        let names = ["playing", "starting", "rebuffering", "seeking", "paused"]
        var text = "<figure class=\"full\"><h3>Concurrent viewers</h3>" + legend(names.map { ($0, $0) })
        text += "<div class=\"wide\">\(TimeCharts(report, size: .wide).viewers(id: "viewers"))</div>"
        text += "<div class=\"slim\">\(TimeCharts(report).viewers(id: "viewers-slim"))</div>"
        return text
            + "<figcaption>Everybody who was there, by what they were doing. Orange at the front of a rise is normal:"
            + " those are starting. Any vermilion is somebody looking at a still picture.</figcaption></figure>\n"
    }

    static func figure(
        _ title: String, _ chart: String, _ reading: String, legend entries: [(String, String)] = []
    ) -> String {
        "<figure><h3>\(Escaping.markup(title))</h3>\(entries.isEmpty ? "" : legend(entries))\(chart)"
            + "<figcaption>\(Escaping.markup(reading))</figcaption></figure>\n"
    }

    static func legend(_ entries: [(style: String, name: String)]) -> String {
        let items = entries.map { "<li class=\"l-\($0.style)\">\(Escaping.markup($0.name))</li>" }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }
}
