/// The name of a tenant's folder. It is for people: which tenant a segment belongs to is written in the segment.
enum TenantFolder {
    /// Letters, digits, `-` and `_` as they are, other bytes as `^` and two hexadecimal digits; a name that gets too long is cut and
    /// ended with a hash. Never empty, `.` or `..`.
    static func name(_ tenant: String) -> String {
        var name: [UInt8] = []
        for byte in tenant.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: name.append(byte)
            default:
                name.append(0x5e)
                name.append(contentsOf: hexadecimal(UInt64(byte), digits: 2).utf8)
            }
        }
        if name.isEmpty { return "^" }
        guard name.count > 200 else { return String(decoding: name, as: UTF8.self) }
        let hash = Array(tenant.utf8).withUnsafeBytes { XXHash64.hash($0) }
        return String(decoding: name[..<180], as: UTF8.self) + "^^" + hexadecimal(hash, digits: 16)
    }

    private static func hexadecimal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
