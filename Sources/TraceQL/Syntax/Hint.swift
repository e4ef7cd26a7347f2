/// One `name=value` of a `with(...)` clause. Names and values are not checked: what a hint means is up to its reader.
public struct Hint: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value; never `.null`.
    public var value: Static

    /// A hint.
    public init(_ name: String, _ value: Static) {
        self.name = name
        self.value = value
    }
}

extension Query {
    /// The value of a boolean hint: the first one of that name that is a boolean; nil when there is none.
    public func booleanHint(_ name: String) -> Bool? {
        for hint in hints where hint.name == name {
            if case .boolean(let value) = hint.value { return value }
        }
        return nil
    }

    /// The value of an integer hint: the first one of that name that is an integer.
    public func integerHint(_ name: String) -> Int64? {
        for hint in hints where hint.name == name {
            if case .int(let value) = hint.value { return value }
        }
        return nil
    }

    /// The value of a number hint: the first one of that name that is a float or an integer.
    public func numberHint(_ name: String) -> Double? {
        for hint in hints where hint.name == name {
            switch hint.value {
            case .float(let value): return value
            case .int(let value): return Double(value)
            default: continue
            }
        }
        return nil
    }

    /// The value of a string hint: the first one of that name that is a string.
    public func stringHint(_ name: String) -> String? {
        for hint in hints where hint.name == name {
            if case .string(let value) = hint.value { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    /// Whether `with(most_recent=true)` was written.
    public var isMostRecent: Bool { booleanHint("most_recent") ?? false }
}
