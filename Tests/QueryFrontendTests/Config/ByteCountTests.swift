import Testing

@testable import QueryFrontend

struct ByteCountTests {
    @Test(
        arguments: [
            ("0B", 0), ("1B", 1), ("512MiB", 536_870_912), ("2 KiB", 2048), ("1GiB", 1_073_741_824), ("3KB", 3000),
            ("5MB", 5_000_000), ("7GB", 7_000_000_000), ("", nil), ("12", nil), ("MiB", nil), ("1.5GiB", nil),
            ("-1MiB", nil), ("1mib", nil), ("1 M", nil), ("9223372036854775807B", .max), ("9223372036854775808B", nil),
            ("9007199254740992GiB", nil),
        ] as [(String, Int?)])
    func `sizes with their units`(_ text: String, _ bytes: Int?) {
        #expect(ByteCount.parse(text) == bytes)
    }

    @Test func `a key of bytes takes a number or a size, and names what it cannot read`() throws {
        func load(_ size: String) throws -> Int {
            let text = "federation: {cross_tenant_evaluation: {max_bytes: \(size)}}"
            return try ConfigurationLoader.load(
                try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
                readFile: { (_: String) throws(FileReadError) in Array(text.utf8) }
            ).configuration.federation.crossTenantEvaluation.maxBytes
        }
        #expect(try load("512MiB") == 536_870_912)
        #expect(try load("'64 KiB'") == 65_536)
        #expect(try load("4096") == 4096)
        for wrong in ["512MegaBytes", "true", "0B", "-1KiB"] {
            #expect(throws: (any Error).self, "\(wrong)") { try load(wrong) }
        }
    }
}
