import Foundation
import TempoAPI
import TestSupport
import Testing

/// Mutates sound messages and checks that whatever is accepted is treated alike on every way. `TEMPOAPI_FUZZ_ROUNDS` sets how many
/// mutations are tried (default 3,000), `TEMPOAPI_FUZZ_SEED` where the sequence starts.
@Suite(.computeThreads) struct FuzzTests {
    private static func setting(_ name: String, _ fallback: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? fallback
    }

    private let rounds = setting("TEMPOAPI_FUZZ_ROUNDS", 3000)
    private let seed = UInt64(setting("TEMPOAPI_FUZZ_SEED", 1))

    @Test func mutatedProtobufIsRefusedOrReadConsistently() throws {
        var mutator = Mutator(generator: SeededGenerator(seed: seed))
        for round in 0..<rounds {
            let (name, type) = AnyMessage.all[mutator.below(AnyMessage.all.count)]
            var source = RandomSource(seed: seed &+ UInt64(round))
            func check<M: WireMessage>(_: M.Type) throws {
                let bytes = mutator.mutate(source.message(of: M.self).protobuf)
                guard let message = try? M.decode(protobuf: bytes) else { return }
                let again = try M.decode(protobuf: message.protobuf)
                #expect(again.protobuf == message.protobuf, "\(name) \(bytes)")
                #expect(again.json == message.json, "\(name) \(bytes)")
                #expect(try M.decode(json: message.json).json == message.json, "\(name) \(bytes)")
            }
            try check(type)
        }
    }

    @Test func mutatedTracesPassTheCheckWhenTheyDecode() throws {
        var mutator = Mutator(generator: SeededGenerator(seed: seed &+ 1))
        for round in 0..<rounds {
            var source = RandomSource(seed: seed &+ UInt64(round))
            let bytes = mutator.mutate(source.message(of: Trace.self).protobuf)
            let isSound = bytes.withUnsafeBytes { (try? TraceProtobuf.check($0)) != nil }
            #expect(isSound == ((try? Trace.decode(protobuf: bytes)) != nil), "\(bytes)")
        }
    }

    @Test func mutatedPartsOfTracesAreWrittenAsTheyDecode() throws {
        var mutator = Mutator(generator: SeededGenerator(seed: seed &+ 3))
        for round in 0..<rounds {
            var source = RandomSource(seed: seed &+ UInt64(round))
            let span = mutator.mutate(source.message(of: TraceSpan.self).protobuf)
            #expect(try TraceFragment.span.json(span) == (try? TraceSpan.decode(protobuf: span).json), "\(span)")
            let resource = mutator.mutate(source.message(of: Resource.self).protobuf)
            #expect(
                try TraceFragment.resource.json(resource) == (try? Resource.decode(protobuf: resource).json),
                "\(resource)")
            let scope = mutator.mutate(source.message(of: InstrumentationScope.self).protobuf)
            #expect(
                try TraceFragment.scope.json(scope) == (try? InstrumentationScope.decode(protobuf: scope).json),
                "\(scope)")
        }
    }

    @Test func mutatedJSONIsRefusedOrReadConsistently() throws {
        var mutator = Mutator(generator: SeededGenerator(seed: seed &+ 2))
        for round in 0..<rounds {
            let (name, type) = AnyMessage.all[mutator.below(AnyMessage.all.count)]
            var source = RandomSource(seed: seed &+ UInt64(round))
            func check<M: WireMessage>(_: M.Type) throws {
                let bytes = mutator.mutate(source.message(of: M.self).json)
                guard let message = try? M.decode(json: bytes) else { return }
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(try M.decode(json: message.json).json == message.json, "\(name) \(text)")
                #expect(try M.decode(protobuf: message.protobuf).json == message.json, "\(name) \(text)")
            }
            try check(type)
        }
    }

    private struct Mutator {
        var generator: SeededGenerator

        private static let tokens: [[UInt8]] =
            [
                "{", "}", "[", "]", "\"", ":", ",", "null", "true", "-", "1e5", "\\u", "\\ud83c", "0", ".5", "\"\"",
                "NaN",
            ]
            .map { Array($0.utf8) }
            + [
                [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80], [0x0a, 0x00], [0x7f], [0x0b], [0xe2, 0x80], [0x08, 0x01],
                [0x12, 0x02],
                [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x2a, 0x02, 0x0a, 0x00], [0x4a],
            ]

        mutating func below(_ limit: Int) -> Int { limit < 1 ? 0 : Int.random(in: 0..<limit, using: &generator) }

        mutating func mutate(_ original: [UInt8]) -> [UInt8] {
            var bytes = original
            for _ in 0...below(4) {
                let position = below(bytes.count)
                switch below(6) {
                case 0 where !bytes.isEmpty: bytes[position] ^= 1 << UInt8(below(8))
                case 1 where !bytes.isEmpty: bytes[position] = UInt8(truncatingIfNeeded: generator.next())
                case 2 where !bytes.isEmpty:
                    bytes.removeSubrange(position..<min(bytes.count, position + 1 + below(8)))
                case 3 where !bytes.isEmpty:
                    let end = min(bytes.count, position + 1 + below(24))
                    bytes.insert(contentsOf: bytes[position..<end], at: below(bytes.count))
                case 4: bytes.removeLast(min(bytes.count, below(4)))
                default: bytes.insert(contentsOf: Self.tokens[below(Self.tokens.count)], at: position)
                }
            }
            return bytes
        }
    }
}
