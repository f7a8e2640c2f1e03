import Foundation

/// As much of JSON Schema 2020-12 as `docs/inspect.schema.json` uses; anything else in a schema is an error.
struct JSONSchema {
    private let root: [String: Any]
    /// The properties of the schema's objects that a value had, as `definition.property`.
    private(set) var seen: Set<String> = []

    private static let known: Set = [
        "$schema", "$id", "$ref", "$defs", "title", "description", "oneOf", "const", "enum", "type", "pattern",
        "properties", "required", "additionalProperties", "items",
    ]

    init(_ json: Data) throws {
        root = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
    }

    /// Every `definition.property` that the schema describes.
    var properties: Set<String> {
        var names: Set<String> = []
        for (name, definition) in definitions {
            let properties = (definition as? [String: Any])?["properties"] as? [String: Any] ?? [:]
            names.formUnion(properties.keys.map { "\(name).\($0)" })
        }
        return names
    }

    var definitions: [String: Any] { root["$defs"] as? [String: Any] ?? [:] }

    /// What is wrong with a value; empty means that it is valid.
    mutating func problems(_ json: Data) throws -> [String] {
        check(try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed), root, "", "$")
    }

    private mutating func check(_ value: Any, _ schema: [String: Any], _ definition: String, _ path: String) -> [String]
    {
        let unknown = Set(schema.keys).subtracting(Self.known)
        guard unknown.isEmpty else { return ["\(path): the schema uses \(unknown)"] }
        if let reference = schema["$ref"] as? String {
            let name = String(reference.dropFirst("#/$defs/".count))
            guard let target = definitions[name] as? [String: Any] else {
                return ["\(path): no definition \(reference)"]
            }
            return check(value, target, name, path)
        }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let results = choices.map { choice -> [String] in
                var copy = self
                let problems = copy.check(value, choice, definition, path)
                if problems.isEmpty { seen.formUnion(copy.seen) }
                return problems
            }
            let matching = results.count(where: \.isEmpty)
            return matching == 1
                ? [] : ["\(path): \(matching) of the alternatives match: \(results.map { $0.prefix(3) })"]
        }
        if let constant = schema["const"] as? String, value as? String != constant {
            return ["\(path): is not \(constant)"]
        }
        if let names = schema["enum"] as? [String], !names.contains(value as? String ?? "?") {
            return ["\(path): \(value) is none of \(names)"]
        }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            return ["\(path): '\(text)' does not match \(pattern)"]
        }
        return checkType(value, schema, definition, path)
    }

    private mutating func checkType(
        _ value: Any, _ schema: [String: Any], _ definition: String, _ path: String
    ) -> [String] {
        switch schema["type"] as? String {
        case "string": return value is String ? [] : ["\(path): no string"]
        case "boolean": return Self.isBoolean(value) ? [] : ["\(path): no boolean"]
        case "number": return value is NSNumber && !Self.isBoolean(value) ? [] : ["\(path): no number"]
        case "integer":
            guard let number = value as? NSNumber, !Self.isBoolean(value) else { return ["\(path): no integer"] }
            return number.doubleValue == number.doubleValue.rounded() ? [] : ["\(path): no integer"]
        case "array":
            guard let elements = value as? [Any] else { return ["\(path): no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return elements.enumerated().flatMap { check($0.element, items, definition, "\(path)[\($0.offset)]") }
        case "object": return checkObject(value, schema, definition, path)
        case nil: return []
        case let other?: return ["\(path): the schema has the type \(other)"]
        }
    }

    private mutating func checkObject(
        _ value: Any, _ schema: [String: Any], _ definition: String, _ path: String
    ) -> [String] {
        guard let object = value as? [String: Any] else { return ["\(path): no object"] }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var problems: [String] = []
        for name in schema["required"] as? [String] ?? [] where object[name] == nil {
            problems.append("\(path): \(name) is missing")
        }
        for (name, member) in object {
            guard let property = properties[name] else {
                problems.append("\(path): \(name) is not in the schema")
                continue
            }
            seen.insert("\(definition).\(name)")
            problems += check(member, property, definition, "\(path).\(name)")
        }
        return problems
    }

    private static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return value is Bool }
        return String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
    }
}
