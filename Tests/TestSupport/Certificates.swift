import Foundation

/// The certificates and keys of `Fixtures/Certificates`, which its README describes.
public enum TestCertificates {
    /// Where a file lies. Throws when it does not, so that a test that needs it fails.
    public static func path(_ name: String) throws -> String {
        let file = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/Certificates").appendingPathComponent(
            name)
        guard let file, FileManager.default.isReadableFile(atPath: file.path) else {
            throw Corpus.LoadError(description: "certificate \(name) is missing")
        }
        return file.path
    }

    /// The bytes of a file.
    public static func pem(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: try path(name))))
    }
}
