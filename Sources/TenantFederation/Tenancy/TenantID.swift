/// The name of one tenant, checked: 1 to 150 bytes of `A-Z a-z 0-9 ! - _ . * ' ( )`, and neither `.` nor `..`.
package struct TenantID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The checked name. ASCII only, so the order of strings is the order of bytes.
    package let name: String

    /// The longest accepted name in bytes.
    package static let maximumLength = 150

    /// What every request runs as when multitenancy is off.
    package static let singleTenant = TenantID(trusted: "single-tenant")

    /// Checks one name in Tempo's order: characters, then length, then the two names of directories, then emptiness.
    package init(_ bytes: some Collection<UInt8>) throws(TenantError) {
        try Self.check(bytes)
        guard !bytes.isEmpty else { throw .noOrgID(status: 400) }
        self.init(trusted: String(decoding: bytes, as: UTF8.self))
    }

    /// Checks one name, as `init(_:)` for bytes.
    package init(_ name: String) throws(TenantError) {
        try self.init(Array(name.utf8))
    }

    /// Only for bytes that `check` has passed.
    init(trusted name: String) {
        self.name = name
    }

    package var description: String { name }

    package static func < (a: TenantID, b: TenantID) -> Bool { a.name < b.name }

    /// The checks of one segment of the header. An empty segment passes: Tempo refuses it later, with another text.
    static func check(_ bytes: some Collection<UInt8>) throws(TenantError) {
        for byte in bytes where !isAllowed(byte) {
            throw .unsupportedCharacter(byte, in: bytes)
        }
        guard bytes.count <= maximumLength else { throw .tooLong }
        let isDots = (bytes.count == 1 || bytes.count == 2) && bytes.allSatisfy { $0 == UInt8(ascii: ".") }
        guard !isDots else { throw .dots }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "."), UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"):
            true
        default:
            false
        }
    }
}
