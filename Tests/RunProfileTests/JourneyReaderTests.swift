import Journeys
import Quantities
import Testing

@testable import RunProfile

@Suite("A profile's journey")
struct JourneyReaderTests {
    private static let tickets = "ticket,name\nA1,Ola\nB2,Kari\n"

    private func files() -> ProfileFiles {
        ProfileFiles { path in
            switch path {
            case "tickets.csv": Array(Self.tickets.utf8)
            case "challenge.bin": [1, 2, 255]
            case "broken.csv": Array("a\n1,2\n".utf8)
            default: nil
            }
        }
    }

    private func read(_ access: String, viewers: Int? = nil) throws(ProfileError) -> RunProfile {
        let text = minimal("access:\n" + access.split(separator: "\n").map { "  " + $0 + "\n" }.joined())
        return try ProfileReader.read(text, file: "p.yaml", viewers: viewers, files: files())
    }

    private func problems(_ access: String, viewers: Int? = nil) -> [String] {
        do throws(ProfileError) {
            _ = try read(access, viewers: viewers)
            return []
        } catch {
            return error.problems.map(\.sentence)
        }
    }

    private static let whole = """
        viewers: tickets.csv
        manifest: "{play}"
        journey:
          - {post: "http://127.0.0.1/redeem", json: {ticket: "{viewer.ticket}", device: 7, tv: true, "id": "7"}, expect: 200, keep: {token: $.token, play: /play}}
          - {name: enter, get: "http://127.0.0.1/e?t={token}", headers: {Authorization: "Bearer {token}", X-Key: "{env:KEY}"}, expect: [2xx, 304], timeout: 3 s}
          - {name: beat, when: every 30 s, post: "http://127.0.0.1/b", form: {"a b": "x {session}"}, on refusal: {attempts: 5, first delay: 2 s, factor: 3, longest delay: 9 s, then: go on}}
          - {name: renew, when: on token refresh, put: "http://127.0.0.1/r", body: "{token}", keep: {token: {header: X-Token}, sid: {cookie: sid}, n: {pattern: 'n=(\\d+)'}}, on refusal: retry}
          - {name: drm, when: on licence, post: "http://127.0.0.1/l", file: challenge.bin, signed: true}
          - {name: bye, when: after, delete: "http://127.0.0.1/s/{sid}"}
        """

    @Test("is read whole")
    func whole() throws {
        let journey = try #require(try read(Self.whole).journey)
        #expect(journey.steps.map(\.name) == ["redeem", "enter", "beat", "renew", "drm", "bye"])
        #expect(
            journey.steps.map(\.occasion) == [
                .before, .before, .every(.seconds(30)), .tokenRefresh, .licence, .after,
            ])
        #expect(journey.steps.map(\.method) == [.post, .get, .post, .put, .post, .delete])
        var scope = TemplateScope(
            values: ["token": "t"], table: journey.table, session: SessionID(1), now: .seconds(0),
            chance: SeededGenerator(seed: 1, stream: 1, purpose: 1))
        guard case .template(let json, .json) = journey.steps[0].body else {
            Issue.record("no JSON")
            return
        }
        #expect(try json.text(.json, &scope) == #"{"ticket":"B2","device":7,"tv":true,"id":"7"}"#)
        guard case .template(let form, .form) = journey.steps[2].body else {
            Issue.record("no form")
            return
        }
        #expect(try form.text(.form, &scope) == "a%20b=x%201")
        #expect(journey.steps[0].expected == [200...200])
        #expect(journey.steps[1].expected == [200...299, 304...304])
        #expect(journey.steps[1].timeouts.total == .seconds(3))
        #expect(journey.steps[2].retry.attempts == 5 && journey.steps[2].consequence == .goOn)
        #expect(journey.steps[3].retry.attempts == 3 && journey.steps[3].consequence == .leave)
        #expect(journey.steps[4].body == .bytes([1, 2, 255]) && journey.steps[4].isSigned)
        #expect(journey.steps[5].consequence == .goOn)
        #expect(journey.manifest?.beginsWithName == true)
        #expect(journey.neededHeaders == ["set-cookie", "x-token"])
        #expect(journey.requestsLicences && journey.refreshesTokens)
    }

    @Test("needs a row for each viewer, unless rows are reused")
    func rows() {
        let step = "journey: [{post: \"http://127.0.0.1/redeem\", json: \"{viewer.ticket}\"}]\n"
        #expect(problems("viewers: tickets.csv\n" + step) == [])
        let few = problems("viewers: tickets.csv\n" + step, viewers: 3)
        #expect(few.count == 1 && few[0].contains("3 viewers need a row each, and 'tickets.csv' has 2"))
        #expect(few[0].hasPrefix("p.yaml:5:"))
        #expect(problems("viewers: {file: tickets.csv, reuse: true}\n" + step, viewers: 3) == [])
    }

    @Test(
        "tells every problem with what would be right",
        arguments: [
            ("journey: [redeem]", "expected a step"),
            ("journey: [{json: {}}]", "one of get, post, put, delete, head"),
            ("journey: [{post: /redeem}]", "expected an absolute http or https URL"),
            ("journey: [{post: \"http://{host}/redeem\"}]", "whose host is written out"),
            ("journey: [{get: \"http://127.0.0.1/a\", put: \"http://127.0.0.1/b\"}]", "has 'get' already"),
            ("journey: [{get: \"http://127.0.0.1/a\", json: {}}]", "'GET' has no body"),
            ("journey: [{post: \"http://127.0.0.1/a\", json: {}, form: {}}]", "has 'json' already"),
            ("journey: [{get: \"http://127.0.0.1/{token}\"}]", "no step before keeps a value 'token'"),
            (
                "journey: [{get: \"http://127.0.0.1/a\", keep: {token: /t}}, {get: \"http://127.0.0.1/{tokn}\"}]",
                "did you mean 'token'?"
            ),
            ("journey: [{get: \"http://127.0.0.1/{viewer.seat}\"}]", "needs a table of viewers"),
            (
                "viewers: tickets.csv\njourney: [{get: \"http://127.0.0.1/{viewer.tiket}\"}]",
                "no column 'tiket'; did you mean 'ticket'?"
            ),
            ("viewers: none.csv\njourney: [{get: \"http://127.0.0.1/a\"}]", "'none.csv' cannot be read"),
            ("viewers: broken.csv\njourney: [{get: \"http://127.0.0.1/a\"}]", "line 2 has 2 fields"),
            ("viewers: tickets.csv\ntoken: {}", "there is no 'journey'"),
            ("journey: [{get: \"http://127.0.0.1/a\"}, {get: \"http://127.0.0.1/b/a\"}]", "two steps 'a'"),
            ("journey: [{get: \"http://127.0.0.1/a\", when: sometimes}]", "every DURATION"),
            ("journey: [{get: \"http://127.0.0.1/a\", keep: {now: /t}}]", "is not session, now, random"),
            ("journey: [{get: \"http://127.0.0.1/a\", keep: {a: token}}]", "a JSON pointer such as"),
            ("journey: [{get: \"http://127.0.0.1/a\", keep: {a: {pattern: \"(\"}}}]", "a regular expression"),
            ("journey: [{get: \"http://127.0.0.1/a\", expect: 99}]", "a status such as 200"),
            ("journey: [{get: \"http://127.0.0.1/a\", headers: {\"a b\": c}}]", "not the name of a header"),
            ("journey: [{get: \"http://127.0.0.1/a\", headers: {Host: c}}]", "set by the program"),
            ("journey: [{get: \"http://127.0.0.1/a\", on refusal: cry}]", "one of: leave, retry, go on"),
            ("journey: [{get: \"http://127.0.0.1/a\", on refusal: {attempts: 0}}]", "from 1 to 100"),
            ("journey: [{get: \"http://127.0.0.1/a\", whn: after}]", "did you mean 'when'?"),
            ("journey: [{post: \"http://127.0.0.1/a\", file: none.bin}]", "'none.bin' cannot be read"),
            ("manifest: \"{play}\"", "no step before keeps a value 'play'"),
            ("manifest: \"https://h/{env:KEY}\"", "a secret cannot stand"),
        ])
    func wrong(access: String, part: String) {
        let found = problems(access)
        #expect(found.contains { $0.contains(part) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("p.yaml:") })
    }

    @Test("sends a crowd only to hosts that the profile lists")
    func permission() {
        let step = "journey: [{post: \"https://tickets.example.com/redeem\"}]"
        #expect(problems(step, viewers: 10) == [])
        let found = problems(step, viewers: 11)
        #expect(found.count == 1 && found[0].contains("11 viewers may not be sent to tickets.example.com"))
        #expect(problems(step + "\ntargets: x", viewers: 11).count > 0)
    }

    @Test("names steps in thresholds")
    func thresholds() {
        let text = minimal(
            """
            access: {journey: [{post: "http://127.0.0.1/redeem"}]}
            thresholds: ["step redeem: transfer time p95 < 1 s", "step redem: failed transfers < 1%"]
            """)
        do throws(ProfileError) {
            _ = try ProfileReader.read(text, file: "p.yaml", files: files())
            Issue.record("nothing was wrong")
        } catch {
            #expect(error.problems.count == 1)
            #expect(error.problems.first?.sentence.contains("no step 'redem'; did you mean 'redeem'?") == true)
        }
    }
}
