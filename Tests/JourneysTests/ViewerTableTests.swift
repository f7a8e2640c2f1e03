import Quantities
import Testing

@testable import Journeys

@Suite("The viewers' table")
struct ViewerTableTests {
    private func table(_ text: String, reuses: Bool = false) throws(ViewerTable.Problem) -> ViewerTable {
        try ViewerTable(Array(text.utf8), reuses: reuses)
    }

    @Test("gives each viewer a row of its own, quoted or not, whatever the line ends")
    func rows() throws {
        let table = try table("\u{FEFF}ticket,name\r\nA1,\"Ola, \"\"O\"\"\"\r\n\r\nB2,\"two\nlines\"\nC3,")
        #expect(table.columns == ["ticket", "name"])
        #expect(table.count == 3)
        #expect((0..<3).map { table.value(of: "ticket", viewer: $0) } == ["A1", "B2", "C3"])
        #expect((0..<3).map { table.value(of: "name", viewer: $0) } == ["Ola, \"O\"", "two\nlines", ""])
        #expect(table.value(of: "name", viewer: 3) == nil)
        #expect(table.value(of: "seat", viewer: 0) == nil)
        #expect(table.suffices(for: 3))
        #expect(!table.suffices(for: 4))
    }

    @Test("begins again where rows are reused")
    func reuse() throws {
        let table = try table("t\na\nb\n", reuses: true)
        #expect((0..<5).map { table.value(of: "t", viewer: $0) } == ["a", "b", "a", "b", "a"])
        #expect(table.suffices(for: 1_000_000))
        #expect(try !self.table("t\n", reuses: true).suffices(for: 1))
        #expect(try self.table("t\n", reuses: true).value(of: "t", viewer: 0) == nil)
    }

    @Test(
        "says what is wrong with it",
        arguments: [
            ("", ViewerTable.Problem.empty), ("\n\n", .empty), ("a,\n1,2", .name("")), ("a,a\n1,2", .name("a")),
            ("a,b\n1,2\n3\n", .fields(line: 3, found: 1, expected: 2)),
            ("a\n\"x\ny\"\n1,2\n", .fields(line: 4, found: 2, expected: 1)), ("a\n\"x\n", .quote(line: 2)),
        ])
    func problems(text: String, problem: ViewerTable.Problem) {
        #expect(throws: problem) { try table(text) }
    }

    @Test("shows no field in words about it")
    func secret() throws {
        let table = try table("ticket\nSECRET\n")
        #expect(!"\(table) \(String(reflecting: table))".contains("SECRET"))
        var dumped = ""
        dump(table, to: &dumped)
        #expect(!dumped.contains("SECRET"))
    }

    @Test("any bytes are a table or a problem")
    func hostile() {
        var chance = SeededGenerator(seed: 5, stream: 0, purpose: 0)
        let letters = Array("a,\"\r\n\u{1}".utf8)
        for _ in 0..<3_000 {
            let bytes = (0..<24).map { _ in letters[Int(chance.next() % UInt64(letters.count))] }
            guard let table = try? ViewerTable(bytes) else { continue }
            for viewer in 0..<UInt64(table.count) {
                for column in table.columns { #expect(table.value(of: column, viewer: viewer) != nil) }
            }
        }
    }
}
