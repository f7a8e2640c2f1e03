import Foundation
import LoadTest
import Measurement
import Quantities
import Reporting
import Synchronization

/// Shows how a run goes on, on standard error: one redrawn block on a terminal, else a line every few seconds.
final class Progress: Sendable {
    private enum Style {
        case quiet
        case block
        case lines
    }

    private let style: Style
    private let planned: TimeAmount?
    private let state = Mutex(State())

    private struct State {
        var drawnLines = 0
        var lastLine: Int64 = -1
    }

    /// Seconds between lines where there is no terminal.
    private static let linePeriod: Int64 = 5

    init(isQuiet: Bool, planned: TimeAmount?) {
        self.planned = planned
        style = isQuiet ? .quiet : isatty(STDERR_FILENO) == 1 ? .block : .lines
    }

    func show(_ tick: LoadTest.Tick) {
        let block = ProgressBlock(elapsed: tick.elapsed, planned: planned, point: tick.last, totals: tick.totals)
        switch style {
        case .quiet: return
        case .block: draw(block.lines(width: Self.width))
        case .lines:
            let period = tick.elapsed.nanoseconds / 1_000_000_000 / Self.linePeriod
            let isNew = state.withLock { state in
                guard period > state.lastLine else { return false }
                state.lastLine = period
                return true
            }
            if isNew { StandardError.line(block.line) }
        }
    }

    /// Draws over what was drawn last, in one write so that it does not flicker.
    private func draw(_ lines: [String]) {
        state.withLock { state in
            var text = state.drawnLines > 0 ? "\u{1B}[\(state.drawnLines)A" : ""
            for line in lines { text += "\r\u{1B}[2K" + line + "\n" }
            state.drawnLines = lines.count
            StandardError.write(text)
        }
    }

    private static var width: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
