import Foundation
import TestSupport
import Testing

@testable import QueryFrontend

/// Random damage to known texts. What comes out is not judged, only that it is an answer: no trap, no endless loop, no
/// mark outside of the text, no tree beyond the bounds. `CONFIG_FUZZ_SECONDS` and `CONFIG_FUZZ_SEED` make a long run of it.
@Suite(.computeThreads) struct ConfigurationFuzzTests {
    /// SplitMix64.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let pieces: [String] = [
        ": ", ":", "- ", "-", "? ", "\n", "\n  ", "\n\t", "\t", " ", "  ", "#", " #", "[", "]", "{", "}", ",", "&a",
        "*a",
        "<<: ", "<<", "!!str ", "!!int ", "!", "|", "|-", "|2+", ">", ">-", "'", "\"", "\\", "\\x4", "\\u12", "---",
        "...",
        "\n---\n", "\n...\n", "%YAML 1.1", "~", "null", "yes", "0x", "1_0", "1e9", ".inf", "é", "\u{FEFF}", "\u{2028}",
        "\0", "\r", "\r\n", "${", "$${", "${V:-", "query_frontend", "federation:", "proxy_targets", "url: http://x",
    ]

    private static func mutate(_ bytes: [UInt8], _ others: [[UInt8]], _ random: inout Generator) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...result.count, using: &random)
            let end = min(result.count, at + Int.random(in: 0...8, using: &random))
            switch Int.random(in: 0..<7, using: &random) {
            case 0: result.removeSubrange(at..<end)
            case 1: result.insert(contentsOf: result[at..<end], at: at)
            case 2: if at < result.count { result[at] = UInt8.random(in: 0...255, using: &random) }
            case 3, 4: result.insert(contentsOf: Array(pieces.randomElement(using: &random)?.utf8 ?? "".utf8), at: at)
            case 5: result.removeSubrange(at...)
            default:
                let other = others.randomElement(using: &random) ?? []
                let from = Int.random(in: 0...other.count, using: &random)
                result.insert(contentsOf: other[from...].prefix(40), at: at)
            }
        }
        return result
    }

    @Test func `damaged configurations are read or refused`() throws {
        let texts =
            try Corpus.load("config-yaml", in: .module, atLeast: 170, as: YAMLReaderTests.Case.self).map(\.yaml)
            + Corpus.load("config-load", in: .module, atLeast: 45, as: ConfigurationLoaderTests.Case.self).map(\.yaml)
            + Corpus.load("config-expand-env", in: .module, atLeast: 75, as: EnvironmentExpanderTests.Case.self)
            .map(\.text)
        let seeds = texts.map { Array($0.utf8) }.filter { $0.count < 2000 }
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["CONFIG_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_261_121
        let seconds = environment["CONFIG_FUZZ_SECONDS"].flatMap { Double($0) }
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds ?? 0)
        var random = Generator(state: seed)
        var limits = YAMLLimits()
        limits.maxNodes = 5000
        var count = 0
        var accepted = 0
        while seconds == nil ? count < 1500 : clock.now < deadline {
            count += 1
            let bytes = ConfigurationFuzzTests.mutate(seeds.randomElement(using: &random) ?? [], seeds, &random)
            if let log = environment["CONFIG_FUZZ_LAST"] { try Data(bytes).write(to: URL(fileURLWithPath: log)) }
            do throws(YAMLError) {
                if let root = try YAMLReader.parse(bytes, limits: limits) {
                    accepted += 1
                    _ = YAMLReaderTests.json(root)
                }
            } catch {
                let lines = 1 + bytes.count { $0 == 0x0A || $0 == 0x0D }
                let isInside =
                    (1...lines).contains(error.mark.line) && (1...(bytes.count + 1)).contains(error.mark.column)
                #expect(isInside, "seed \(seed), run \(count): \(error)")
            }
            let options = try CommandLineOptions.parse(["-config.file=f", "-config.expand-env=\(count % 2 == 0)"])
            _ = try? ConfigurationLoader.load(
                options, environment: ["V": "value"],
                readFile: { (_: String) throws(FileReadError) in bytes })
        }
        // Damage is small, so that a good part of the texts still is YAML: else the inside would not be reached.
        #expect(accepted > count / 10)
        if seconds != nil { print("\(count) texts, \(accepted) accepted, seed \(seed)") }
    }
}
