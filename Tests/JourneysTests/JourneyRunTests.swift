import Quantities
import Testing
import Transport

@testable import Journeys

@Suite("A journey")
struct JourneyRunTests {
    @Test("without steps admits at once")
    func nothing() {
        var driver = Driver([])
        #expect(driver.tell(.arrived) == ["admit"])
        #expect(driver.tell(.left(cancelling: false)) == [])
        #expect(driver.run.isFinished)
    }

    @Test("does its steps in order and uses what they keep")
    func order() throws {
        let redeem = JourneyStep.post("redeem") { $0.kept = [KeptValue.json("token", "$.token")].compactMap { $0 } }
        let enter = JourneyStep.post("enter") {
            $0.headers = [.init(name: "Authorization", value: Template("Bearer {token}"))]
        }
        var driver = Driver([redeem, enter])
        #expect(driver.tell(.arrived) == ["begin redeem due 0.0"])
        #expect(
            driver.answer(0, 200, #"{"token":"t1"}"#, at: 0.5) == ["redeem passed after 0.5", "begin enter due 0.5"])
        #expect(driver.request?.headers == [HTTPHeader(name: "Authorization", value: "Bearer t1")])
        #expect(driver.answer(1, 204, at: 1) == ["enter passed after 0.5", "admit"])
        #expect(driver.run.isAdmitted)
        #expect(driver.run.values == ["token": "t1"])
    }

    @Test("ends for a viewer who is refused", arguments: [401, 403, 500, 302])
    func refused(status: Int) {
        var driver = Driver([.post("redeem"), .post("enter"), .post("logout", .after)])
        driver.tell(.arrived)
        #expect(driver.answer(0, status, at: 1) == ["redeem refused \(status) after 1.0", "leave for redeem"])
        #expect(driver.run.wakeUp == nil)
        // Who was never let in has nothing to give back.
        #expect(driver.tell(.left(cancelling: false)) == [])
        #expect(driver.run.isFinished)
    }

    @Test("treats a value that is not in the answer as a refusal, and keeps nothing of it")
    func missingPointer() {
        let redeem = JourneyStep.post("redeem") {
            $0.kept = [KeptValue.json("token", "/token"), .json("id", "/user/id")].compactMap { $0 }
        }
        var driver = Driver([redeem])
        driver.tell(.arrived)
        #expect(
            driver.answer(0, 200, #"{"token":"t1","user":{}}"#, at: 1) == [
                "redeem refused missing-id after 1.0", "leave for redeem",
            ])
        #expect(driver.run.values == [:])
    }

    @Test("passes over a step whose value is missing when it may go on, without a request")
    func unusable() {
        let first = JourneyStep.post("first") { $0.consequence = .goOn }
        let second = JourneyStep.post("second") {
            $0.uri = Template("https://tickets.example.com/{token}")
            $0.consequence = .goOn
        }
        var driver = Driver([first, second])
        driver.tell(.arrived)
        #expect(
            driver.answer(0, 500, at: 1) == [
                "first refused 500, goes on after 1.0", "second refused unusable, goes on after 0.0", "admit",
            ])
    }

    @Test("tries again with growing waits, and reports the whole time once")
    func retries() {
        let redeem = JourneyStep.post("redeem") {
            $0.retry.attempts = 4
            $0.retry.longestDelay = .seconds(3)
        }
        var driver = Driver([redeem])
        driver.tell(.arrived)
        #expect(driver.answer(0, 503, at: 1) == [])
        #expect(driver.run.wakeUp == .seconds(2))
        #expect(driver.tell(.wake, at: 1.9) == [])
        #expect(driver.tell(.wake, at: 2.1) == ["begin redeem again due 2.0"])
        #expect(driver.run.wakeUp == nil)
        driver.answer(0, 503, at: 3)
        #expect(driver.run.wakeUp == .seconds(5))
        driver.tell(.wake, at: 5)
        driver.answer(0, 503, at: 6)
        #expect(driver.run.wakeUp == .seconds(9))
        driver.tell(.wake, at: 9)
        #expect(driver.answer(0, 200, at: 10) == ["redeem passed after 10.0", "admit"])
    }

    @Test("leaves after the last try, and waits as long as the server asks")
    func lastTry() {
        let redeem = JourneyStep.post("redeem") { $0.retry.attempts = 2 }
        var driver = Driver([redeem])
        driver.tell(.arrived)
        driver.answer(0, 429, retryAfter: .seconds(30), at: 0)
        #expect(driver.run.wakeUp == .seconds(30))
        driver.tell(.wake, at: 30)
        #expect(driver.answer(0, 429, at: 31) == ["redeem refused 429 after 31.0", "leave for redeem"])
    }

    @Test("beats on a fixed grid, whatever the answers take")
    func heartbeat() {
        var driver = Driver([.post("beat", .every(.seconds(30)))])
        #expect(driver.tell(.arrived, at: 5) == ["admit"])
        #expect(driver.run.wakeUp == .seconds(35))
        #expect(driver.tell(.wake, at: 35.2) == ["begin beat due 35.0"])
        // In flight: nothing wakes.
        #expect(driver.run.wakeUp == nil)
        driver.answer(0, 200, at: 40)
        #expect(driver.run.wakeUp == .seconds(65))
        driver.tell(.wake, at: 65)
        // Answered after two further beats were due: one goes out at once, the other is left out.
        #expect(driver.answer(0, 200, at: 130) == ["beat passed after 65.0", "begin beat due 95.0"])
        driver.answer(0, 200, at: 131)
        #expect(driver.run.wakeUp == .seconds(155))
    }

    @Test("has a viewer leave whose heartbeat is refused in mid-play, and then does what comes after")
    func heartbeatRefused() {
        var driver = Driver([.post("beat", .every(.seconds(10))), .post("bye", .after)])
        driver.tell(.arrived)
        driver.tell(.wake, at: 10)
        #expect(driver.answer(0, 409, at: 11) == ["beat refused 409 after 1.0", "leave for beat"])
        #expect(driver.run.wakeUp == nil)
        #expect(driver.tell(.left(cancelling: false), at: 12) == ["begin bye due 12.0"])
        #expect(!driver.run.isFinished)
        #expect(driver.answer(1, 500, at: 13) == ["bye refused 500, goes on after 1.0"])
        #expect(driver.run.isFinished)
    }

    @Test("refreshes a token while a heartbeat is in flight; the next beat has the new one")
    func refresh() {
        let refresh = JourneyStep.post("refresh", .tokenRefresh) {
            $0.kept = [KeptValue.json("token", "/token")].compactMap { $0 }
        }
        let beat = JourneyStep.post("beat", .every(.seconds(10))) {
            $0.uri = Template("https://tickets.example.com/beat?token={token}")
        }
        let redeem = JourneyStep.post("redeem") { $0.kept = refresh.kept }
        var driver = Driver([redeem, beat, refresh])
        driver.tell(.arrived)
        driver.answer(0, 200, #"{"token":"old/1"}"#)
        driver.tell(.wake, at: 10)
        #expect(driver.request?.uri == "https://tickets.example.com/beat?token=old%2F1")
        #expect(driver.tell(.tokenRefreshWanted, at: 10.5) == ["begin refresh due 10.5"])
        // Wanted twice, done once.
        #expect(driver.tell(.tokenRefreshWanted, at: 10.6) == [])
        #expect(
            driver.answer(2, 200, #"{"token":"new"}"#, at: 11) == ["refresh passed after 0.5", "refreshed true"])
        #expect(driver.answer(1, 200, at: 12) == ["beat passed after 2.0"])
        driver.tell(.wake, at: 20)
        #expect(driver.request?.uri == "https://tickets.example.com/beat?token=new")
        #expect(driver.tell(.tokenRefreshWanted, at: 21) == ["begin refresh due 21.0"])
    }

    @Test("tells a refused refresh, and goes on where that is the setting")
    func refreshRefused() {
        let patient = JourneyStep.post("refresh", .tokenRefresh) { $0.consequence = .goOn }
        var driver = Driver([patient])
        driver.tell(.arrived)
        driver.tell(.tokenRefreshWanted, at: 1)
        #expect(driver.answer(0, 500, at: 2) == ["refresh refused 500, goes on after 1.0", "refreshed false"])
        var strict = Driver([.post("refresh", .tokenRefresh)])
        strict.tell(.arrived)
        strict.tell(.tokenRefreshWanted, at: 1)
        #expect(
            strict.answer(0, 500, at: 2) == ["refresh refused 500 after 1.0", "refreshed false", "leave for refresh"])
    }

    @Test("asks for a licence; a refusal is the player's to fail by, unless the viewer goes on")
    func licence() {
        var granted = Driver([.post("licence", .licence)])
        granted.tell(.arrived)
        #expect(granted.tell(.licenceWanted, at: 1) == ["begin licence due 1.0"])
        #expect(granted.answer(0, 200, at: 2) == ["licence passed after 1.0", "licence granted"])
        var refused = Driver([.post("licence", .licence)])
        refused.tell(.arrived)
        refused.tell(.licenceWanted, at: 1)
        #expect(refused.answer(0, 403, at: 2) == ["licence refused 403 after 1.0", "licence 403"])
        var unusable = Driver([.post("licence", .licence) { $0.uri = Template("https://a.example/{gone}") }])
        unusable.tell(.arrived)
        #expect(
            unusable.tell(.licenceWanted, at: 1) == ["licence refused unusable after 0.0", "licence unusable"])
        var goesOn = Driver([.post("licence", .licence) { $0.consequence = .goOn }])
        goesOn.tell(.arrived)
        goesOn.tell(.licenceWanted, at: 1)
        #expect(goesOn.answer(0, 403, at: 2) == ["licence refused 403, goes on after 1.0", "licence granted"])
    }

    @Test("lets what is in progress end when the viewer leaves, and begins nothing more")
    func leaving() {
        var driver = Driver([.post("redeem"), .post("enter")])
        driver.tell(.arrived)
        #expect(driver.tell(.left(cancelling: false), at: 1) == [])
        #expect(!driver.run.isFinished)
        #expect(driver.answer(0, 200, at: 2) == ["redeem passed after 2.0"])
        #expect(driver.run.isFinished)
        #expect(!driver.run.isAdmitted)
    }

    @Test("takes back what is in progress when time is up")
    func aborting() {
        var driver = Driver([.post("beat", .every(.seconds(10))), .post("bye", .after), .post("later", .after)])
        driver.tell(.arrived)
        driver.tell(.wake, at: 10)
        #expect(driver.tell(.left(cancelling: false), at: 11) == ["begin bye due 11.0"])
        #expect(driver.tell(.aborted, at: 12) == ["cancel bye", "cancel beat"])
        driver.tell(.answered(step: 0, StepAnswer(status: 0, error: "cancelled")))
        // The answer was faster than the cancellation.
        #expect(driver.answer(1, 200, at: 12) == ["bye passed after 1.0"])
        #expect(driver.run.isFinished)
    }

    @Test("gives each viewer the row of its number")
    func rows() throws {
        let table = try ViewerTable(Array("ticket\nA1\nB2\n".utf8))
        let step = JourneyStep.post("redeem") {
            $0.body = .template(Template(#"{"ticket":"{viewer.ticket}"}"#), .json)
        }
        var driver = Driver([step], table: table, session: 1)
        driver.tell(.arrived)
        #expect(driver.request?.requestBody == Array(#"{"ticket":"B2"}"#.utf8))
    }

    @Test("does the same again for the same inputs")
    func repeatable() {
        let step = JourneyStep.post("redeem") { $0.uri = Template("https://a.example/{random}/{session}/{now}") }
        var first = Driver([step], session: 7)
        var second = Driver([step], session: 7)
        var other = Driver([step], session: 8)
        first.tell(.arrived, at: 2.5)
        second.tell(.arrived, at: 2.5)
        other.tell(.arrived, at: 2.5)
        #expect(first.request?.uri == second.request?.uri)
        #expect(first.request?.uri != other.request?.uri)
        #expect(first.request?.uri.hasSuffix("/7/1800000002") == true)
    }
}
