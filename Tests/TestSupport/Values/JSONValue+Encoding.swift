import Foundation

extension JSONValue: Encodable {
    /// Encodes the value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The bytes of this value as JSON, members sorted by key.
    public func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }

    /// This value as JSON text, members sorted by key.
    public var compact: String { (try? bytes()).map { String(decoding: $0, as: UTF8.self) } ?? "?" }

    /// The lists with these names at the top level in one fixed order.
    public func sortingLists(_ names: [String]) -> JSONValue {
        guard case .object(var members) = self else { return self }
        for name in names {
            guard case .array(let elements)? = members[name] else { continue }
            members[name] = .array(elements.sorted { $0.compact < $1.compact })
        }
        return .object(members)
    }
}
