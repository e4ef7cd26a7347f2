/// A text that must never be shown: a password, a token, the value of a credential header.
///
/// Every way to print it (interpolation, `print`, `debugPrint`, `dump`, `Mirror`, the YAML of `/status/config`) gives
/// `********`; an empty secret prints as nothing, so that "not set" can be told from "set".
public struct Secret: Sendable, Hashable, ExpressibleByStringLiteral {
    private let text: String

    /// Wraps a text.
    public init(_ text: String) {
        self.text = text
    }

    /// Wraps a literal, for tests and examples.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// What stands in the place of a secret wherever one would be printed.
    public static let mask = "********"

    /// The text itself. Call it only where bytes for a connection are made.
    public func reveal() -> String { text }

    /// True when there is no text.
    public var isEmpty: Bool { text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The mask, or nothing when the secret is empty.
    public var description: String { text.isEmpty ? "" : Secret.mask }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
