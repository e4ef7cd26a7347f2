/// Why a request's tenants were refused, with the status and text a client of Tempo expects.
package struct TenantError: Error, Sendable, Hashable {
    /// How the body is written.
    package enum Shape: Sendable, Hashable {
        /// The text alone, `text/plain; charset=utf-8`.
        case plain
        /// The text and a newline, with `X-Content-Type-Options: nosniff`, outside the compression layer.
        case newlineNosniff
    }

    /// What was wrong.
    package enum Code: Sendable, Hashable {
        case noOrgID, multipleOrgIDs, unsupportedCharacter, tooLong, dots, tooManyTenants
    }

    package let code: Code
    /// The HTTP status: 401 for an absent header, 400 for all else.
    package let status: Int
    /// The text without a newline.
    package let message: String
    package let shape: Shape

    static func noOrgID(status: Int) -> TenantError {
        TenantError(
            code: .noOrgID, status: status, message: "no org id", shape: status == 401 ? .newlineNosniff : .plain)
    }

    static let multipleOrgIDs = TenantError(
        code: .multipleOrgIDs, status: 400, message: "multiple org IDs present", shape: .plain)

    static let tooLong = TenantError(
        code: .tooLong, status: 400,
        message: "tenant ID is too long: max \(TenantID.maximumLength) characters", shape: .plain)

    static let dots = TenantError(code: .dots, status: 400, message: "tenant ID is '.' or '..'", shape: .plain)

    /// The offending byte is shown as the code point of the same number, as Tempo does. Bytes of the name that are not
    /// UTF-8 show as U+FFFD: the text has to be valid wherever it is logged or sent.
    static func unsupportedCharacter(_ byte: UInt8, in name: some Collection<UInt8>) -> TenantError {
        let text = String(decoding: name, as: UTF8.self)
        return TenantError(
            code: .unsupportedCharacter, status: 400,
            message: "tenant ID '\(text)' contains unsupported character '\(Unicode.Scalar(byte))'", shape: .plain)
    }

    static func tooManyTenants(_ count: Int, maximum: Int) -> TenantError {
        TenantError(
            code: .tooManyTenants, status: 400,
            message: "query spans \(count) tenants, which exceeds the maximum of \(maximum) (federation.max_tenants)",
            shape: .plain)
    }
}
