public import Foundation

/// A table of test cases read from a JSON file. A missing, unreadable or too small file throws, so a test that needs it fails.
public enum Corpus {
    /// What went wrong while loading; the text names the file.
    public struct LoadError: Error, CustomStringConvertible {
        /// The reason, for the test log.
        public let description: String
    }

    /// Decodes `Fixtures/<name>.json` of `bundle` as an array.
    /// - Parameter atLeast: fewer elements than this is an error, so that an emptied fixture cannot pass.
    public static func load<Case: Decodable>(
        _ name: String, in bundle: Bundle, atLeast: Int, as type: Case.Type = Case.self
    ) throws -> [Case] {
        let data = try data(name + ".json", in: bundle)
        let cases = try JSONDecoder().decode([Case].self, from: data)
        guard cases.count >= atLeast else {
            throw LoadError(
                description: "fixture \(name).json holds \(cases.count) cases, at least \(atLeast) expected")
        }
        return cases
    }

    /// The raw bytes of a fixture file, by its name with extension.
    public static func data(_ fileName: String, in bundle: Bundle) throws -> Data {
        guard let root = bundle.resourceURL else { throw LoadError(description: "the test bundle has no resources") }
        let url = root.appendingPathComponent("Fixtures").appendingPathComponent(fileName)
        guard let data = try? Data(contentsOf: url), !data.isEmpty else {
            throw LoadError(description: "fixture \(fileName) is missing or empty")
        }
        return data
    }
}
