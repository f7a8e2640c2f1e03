import Journeys
import Quantities
import Transport

/// Reads `access.journey`, `access.viewers` and `access.manifest`.
struct JourneyReader {
    let files: ProfileFiles

    /// The journey, its secrets still to be read; nil where the profile has none, or only what is wrong.
    ///
    /// - Parameters:
    ///   - node: `access`; nil where there is none.
    ///   - viewers: How many viewers the plan has: each one needs a row.
    /// - Returns: The journey.
    func read(_ node: ProfileNode?, viewers: Int) -> Journey? {
        guard let node, node.isMapping else { return nil }
        var entries: [String: ProfileNode] = [:]
        for (name, child) in node.orderedEntries("a mapping") where entries[name] == nil { entries[name] = child }
        guard entries["journey"] != nil || entries["manifest"] != nil else {
            if Self.issuedFields(entries["token"]).first != nil {
                entries["token"]?.problem("an issued token comes from a step; add a 'journey' that keeps it")
            }
            entries["viewers"]?.problem("there is no 'journey' that could use the viewers' rows")
            return nil
        }
        let table = entries["viewers"].flatMap { self.table($0, viewers: viewers) }
        var journey = Journey(steps: [], table: table)
        let steps = entries["journey"]?.items().compactMap { item in
            StepReader(files: files).read(item).map { (item, $0) }
        }
        journey.steps = name(steps ?? [])
        journey.manifest = entries["manifest"].flatMap(manifest)
        let nodes = (steps ?? []).map(\.0)
        // Where the table could not be read its columns are not known.
        let columns = table?.columns ?? (entries["viewers"] == nil ? [] : nil)
        let check = NameCheck(journey: journey, columns: columns)
        check.check(nodes, manifest: entries["manifest"])
        for field in Self.issuedFields(entries["token"]) { check.check(field.template, field.node) }
        return journey
    }

    /// The templates of a token that a step gives.
    private static func issuedFields(_ token: ProfileNode?) -> [(node: ProfileNode, template: Template)] {
        guard let token, token.isMapping else { return [] }
        let entries = token.orderedEntries("a mapping")
        guard entries.first(where: { $0.name == "scheme" })?.node.node.scalar?.string == RunProfile.Token.issued,
            let fields = entries.first(where: { $0.name == "fields" })?.node, fields.isMapping
        else { return [] }
        return fields.orderedEntries("a mapping").compactMap { field in
            field.node.node.scalar.map { (field.node, Template($0.string)) }
        }
    }

    // MARK: Names of steps

    /// Gives each step that has no name that of its URL's last part.
    private func name(_ steps: [(ProfileNode, JourneyStep)]) -> [JourneyStep] {
        var taken: Set<String> = []
        return steps.map { node, step in
            var step = step
            if step.name.isEmpty { step.name = Self.lastPart(of: step) ?? "step" }
            if !taken.insert(step.name).inserted {
                node.problem("there are two steps '\(step.name)'; give one of them another 'name'")
            }
            return step
        }
    }

    private static func lastPart(of step: JourneyStep) -> String? {
        let path = URIReference(step.uri.literalPrefix).path
        let part = path.split(separator: "/").last.map(String.init) ?? ""
        let isPlain =
            part.count <= 64
            && part.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
            }
        return isPlain && !part.isEmpty ? part : nil
    }

    // MARK: The table and the manifest

    private func table(_ node: ProfileNode, viewers: Int) -> ViewerTable? {
        var source: ProfileNode? = node
        var reuses = false
        if node.isMapping {
            let entries = node.entries("a path, or a mapping", allowed: ProfileVocabulary.viewers)
            source = entries["file"]
            if source == nil { node.problem("the setting 'file' is missing") }
            reuses = entries["reuse"]?.value("true or false", Bool.init) ?? false
        }
        guard let source, let path = source.text("the path of a CSV file") else { return nil }
        guard let bytes = files.content(of: path) else {
            source.problem("the file '\(path)' cannot be read; its path is relative to the profile's folder")
            return nil
        }
        do throws(ViewerTable.Problem) {
            let table = try ViewerTable(bytes, reuses: reuses)
            if !table.suffices(for: viewers) {
                source.problem(
                    "\(viewers) viewers need a row each, and '\(path)' has \(table.count)"
                        + (reuses ? "" : "; with  reuse: true  they begin again with the first"))
            }
            return table
        } catch {
            source.problem("'\(path)' is no table of viewers: \(error.sentence)")
            return nil
        }
    }

    private func manifest(_ node: ProfileNode) -> Template? {
        guard let text = node.text("the URI of a manifest, such as \"{playback_url}\"") else { return nil }
        let template = Template(text)
        StepReader.checkURI(template, node)
        if template.names.contains(where: \.isSecret) {
            node.problem("a secret cannot stand in a manifest's URI, which is shown to the stream's servers")
        }
        return template
    }
}

/// Checks that every name in braces stands for something.
struct NameCheck {
    let journey: Journey
    /// The columns of the table; nil when they are not known.
    let columns: [String]?

    func check(_ nodes: [ProfileNode], manifest: ProfileNode?) {
        let all = journey.steps.flatMap { $0.kept.map(\.name) }
        var before: [String] = []
        for (node, step) in zip(nodes, journey.steps) {
            let known = step.occasion == .before ? before : all
            check(step.templates, known, node, isBefore: step.occasion == .before)
            if step.occasion == .before { before += step.kept.map(\.name) }
        }
        if let template = journey.manifest, let manifest { check([template], before, manifest, isBefore: true) }
    }

    /// A template that is used once the viewer is in.
    func check(_ template: Template, _ node: ProfileNode) {
        check([template], journey.steps.flatMap { $0.kept.map(\.name) }, node, isBefore: false)
        if template.names.contains(where: \.isSecret) {
            node.problem("a secret of the profile cannot be a viewer's token; let a step keep one")
        }
    }

    private func check(_ templates: [Template], _ known: [String], _ node: ProfileNode, isBefore: Bool) {
        var told: Set<Template.Name> = []
        for name in templates.flatMap(\.names) where told.insert(name).inserted {
            switch name {
            case .value(let name) where !known.contains(name):
                let whose = isBefore ? "no step before keeps" : "no step keeps"
                node.problem(
                    "\(whose) a value '\(name)'"
                        + Spelling.hint(for: name, among: known + ["session", "now", "random"] + columnNames))
            case .viewer(let column):
                if let columns, !columns.contains(column) {
                    node.problem(
                        columns.isEmpty
                            ? "'{viewer.\(column)}' needs a table of viewers; name one in 'access: viewers'"
                            : "the table of viewers has no column '\(column)'"
                                + Spelling.hint(for: column, among: columns))
                }
            case .value, .session, .now, .random, .environment, .file: continue
            }
        }
    }

    private var columnNames: [String] { (columns ?? []).map { "viewer." + $0 } }
}
