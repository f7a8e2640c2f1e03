import Quantities
import Testing
import Transport

@testable import Journeys

@Suite("A template")
struct TemplateTests {
    private func scope(_ values: [String: String] = [:]) -> TemplateScope {
        TemplateScope(
            values: values, session: SessionID(4), now: .seconds(12.9),
            chance: SeededGenerator(seed: 1, stream: 2, purpose: 3))
    }

    private func text(
        _ template: String, _ encoding: Template.Encoding, _ values: [String: String] = [:]
    ) throws -> String {
        var scope = scope(values)
        return try Template(template).text(encoding, &scope)
    }

    @Test(
        "finds names in braces and leaves other braces alone",
        arguments: [
            ("plain", []), ("{a}", ["a"]), ("{a}{b_2}-{c.d}", ["a", "b_2", "c.d"]), (#"{"x":{"y":"{a}"}}"#, ["a"]),
            ("{1a}", []), ("{}", []), ("{ a }", []), ("{a", []), ("}{a}", ["a"]), ("{{a}}", []), ("{{a}", ["a"]),
        ])
    func names(text: String, expected: [String]) {
        let found = Template(text).names.map { name in
            if case .value(let name) = name { name } else { "?" }
        }
        #expect(found == expected)
    }

    @Test("knows its own names, columns and secrets")
    func kinds() {
        let names = Template("{viewer.ticket}{session}{now}{random}{env:KEY}{file:/a b/c}{viewer.}").names
        #expect(
            names == [
                .viewer("ticket"), .session, .now, .random, .environment("KEY"), .file("/a b/c"), .value("viewer."),
            ])
        #expect(names.filter(\.isSecret).count == 2)
    }

    @Test("doubled braces are braces")
    func doubled() throws {
        #expect(try text("{{a}} {a}", .raw, ["a": "1"]) == "{a} 1")
        #expect(try text(#"{"x":{"y":"{a}"}}"#, .json, ["a": "1"]) == #"{"x":{"y":"1"}}"#)
    }

    @Test("values cannot break out of where they stand")
    func encodings() throws {
        let evil = "a\"b\\c\r\nd/e?f&g=ø\u{1}"
        #expect(try text(#"{"x":"{v}"}"#, .json, ["v": evil]) == #"{"x":"a\"b\\c\r\nd/e?f&g=ø\u0001"}"#)
        #expect(try text("https://h/{v}", .uri, ["v": evil]) == "https://h/a%22b%5Cc%0D%0Ad%2Fe%3Ff%26g%3D%C3%B8%01")
        #expect(try text("x={v}", .form, ["v": "a b&c"]) == "x=a%20b%26c")
        #expect(throws: TemplateError.controlCharacter) { try text("Bearer {v}", .header, ["v": evil]) }
        #expect(try text("Bearer {v}", .header, ["v": "ok ø"]) == "Bearer ok ø")
    }

    @Test("a value at the begin of a URI is a URI; anywhere else it is data")
    func leadingURI() throws {
        let values = ["url": "https://h/a?b=c", "v": "x/y"]
        #expect(try text("{url}", .uri, values) == "https://h/a?b=c")
        #expect(try text("{url}&v={v}", .uri, values) == "https://h/a?b=c&v=x%2Fy")
    }

    @Test("says what is missing")
    func missing() {
        #expect(throws: TemplateError.missingValue("token")) { try text("{token}", .raw) }
        #expect(throws: TemplateError.missingColumn("seat")) { try text("{viewer.seat}", .raw) }
        #expect(throws: TemplateError.missingSecret) { try text("{env:KEY}", .raw) }
    }

    @Test("never shows a secret that was put in")
    func secrets() throws {
        let template = Template("Basic {env:KEY}").resolvingSecrets { _ in "hunter2" }
        var scope = scope()
        #expect(try template.text(.header, &scope) == "Basic hunter2")
        #expect(!String(reflecting: template).contains("hunter2"))
        #expect(!"\(template)".contains("hunter2"))
        var dumped = ""
        dump(template, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test("makes JSON strings and form values of itself")
    func building() throws {
        var scope = scope(["a": "1\"2"])
        let json = Template.joined([.literal(#"{"k":"#), Template("x\"{a}").asJSONString, .literal("}")])
        #expect(try json.text(.json, &scope) == #"{"k":"x\"1\"2"}"#)
        #expect(try Template("a b{a}").asFormValue.text(.form, &scope) == "a%20b1%222")
    }
}

@Suite("A JSON pointer")
struct JSONPointerTests {
    // The document and pointers of RFC 6901 section 5, with values that are scalars.
    private let document = Array(
        #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#.utf8)

    @Test(
        "finds what RFC 6901 says",
        arguments: [
            ("/foo/0", "bar"), ("/foo/1", "baz"), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
            ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"), ("$.foo[1]", "baz"),
            ("$['a/b']", "1"),
        ])
    func standard(pointer: String, value: String) {
        #expect(JSONPointer(pointer)?.scalar(in: document) == value)
    }

    @Test(
        "finds nothing where nothing is",
        arguments: ["/foo", "", "/foo/2", "/foo/-", "/foo/00", "/foo/-1", "/bar", "/foo/0/x", "$.foo", "$"])
    func nothing(pointer: String) throws {
        #expect(try #require(JSONPointer(pointer)).scalar(in: document) == nil)
    }

    @Test("refuses what is no pointer", arguments: ["foo", "/a~2", "/a~", "$foo", "$.", "$[", "$[]", "$[a]", "$.a."])
    func invalid(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test(
        "reads every kind of scalar",
        arguments: [
            (#"{"a":true}"#, "true"), (#"{"a":-1.5e3}"#, "-1.5e3"), (#"{"a":"\u00e6\ud83d\ude00\n"}"#, "æ😀\n"),
            (#" {"b":{"a":[1,{"c":"}"}]},"a":"x"} "#, "x"), (#"{"a":""}"#, ""),
        ])
    func scalars(document: String, value: String) throws {
        #expect(try #require(JSONPointer("/a")).scalar(in: Array(document.utf8)) == value)
    }

    @Test(
        "gives nothing for broken documents",
        arguments: [
            "", "{", #"{"a""#, #"{"a":"#, #"{"a":"x"#, #"{"a":"\ud800\u0041"}"#, #"{"a":"\x"}"#, #"{"a":nul}"#,
            #"{"a":null}"#, #"{"b":[,"a":1}"#, "[1,2", "nonsense", #"{"b":}}"#,
        ])
    func broken(document: String) throws {
        #expect(try #require(JSONPointer("/a")).scalar(in: Array(document.utf8)) == nil)
    }

    @Test("does not follow endless nesting, and survives random bytes")
    func hostile() throws {
        let pointer = try #require(JSONPointer("/a/0"))
        let deep = #"{"b":"# + String(repeating: "[", count: 200_000)
        #expect(pointer.scalar(in: Array(deep.utf8)) == nil)
        var chance = SeededGenerator(seed: 11, stream: 0, purpose: 0)
        let letters = Array(#"{}[]":,\ud0a1-.e tfn"#.utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<40).map { _ in letters[Int(chance.next() % UInt64(letters.count))] }
            _ = pointer.scalar(in: Array(#"{"a":["#.utf8) + bytes)
        }
    }
}

@Suite("A kept value")
struct KeptValueTests {
    private func value(_ source: KeptValue.Source, _ answer: StepAnswer) -> String? {
        KeptValue(name: "x", source: source).value(in: answer)
    }

    @Test("comes from a header, a cookie or a pattern")
    func sources() {
        let answer = StepAnswer(
            status: 200,
            headers: [
                HTTPHeader(name: "x-token", value: "h1"), HTTPHeader(name: "set-cookie", value: "sid=old; Path=/"),
                HTTPHeader(name: "set-cookie", value: "other=1"),
                HTTPHeader(name: "set-cookie", value: " sid = a=b ; HttpOnly"),
            ], body: Array("ticket=T-77; seat=12".utf8))
        #expect(value(.header("x-token"), answer) == "h1")
        #expect(value(.header("x-none"), answer) == nil)
        #expect(value(.cookie("sid"), answer) == "a=b")
        #expect(value(.cookie("none"), answer) == nil)
        #expect(value(.pattern(#"T-(\d+)"#), answer) == "77")
        #expect(value(.pattern(#"T-\d+"#), answer) == "T-77")
        #expect(value(.pattern(#"S-(\d+)"#), answer) == nil)
        #expect(KeptValue.isPattern("(") == false)
    }
}
