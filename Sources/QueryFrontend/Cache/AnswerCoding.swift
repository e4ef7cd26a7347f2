import TempoAPI
import TenantFederation

/// How the answers of one kind of question become bytes and back.
struct AnswerCoding<Part: Sendable>: Sendable {
    /// Bytes of the encoded answer; quick beside encoding it.
    let byteCount: @Sendable (Part) -> Int
    /// nil for an answer that is not kept. The times are left at 0.
    let encode: @Sendable (Part) -> CachedAnswer?
    let decode: @Sendable (CachedAnswer) -> Part?
}

extension AnswerCoding where Part: WireMessage {
    /// A message is kept as protobuf, whatever it came as.
    static func message() -> AnswerCoding {
        AnswerCoding(
            byteCount: { $0.protobufSize },
            encode: { CachedAnswer(bytes: $0.protobuf, storedAt: 0, expiresAt: 0) },
            decode: { try? Part.decode(protobuf: $0.bytes) })
    }
}

extension AnswerCoding where Part == TraceAnswer {
    /// A trace is kept as it came.
    static var trace: AnswerCoding {
        AnswerCoding(
            byteCount: { answer in
                switch answer {
                case .response(let bytes), .trace(let bytes): bytes.count
                case .notFound: 0
                }
            },
            encode: { answer in
                switch answer {
                case .response(let bytes): CachedAnswer(form: 0, bytes: bytes, storedAt: 0, expiresAt: 0)
                case .trace(let bytes): CachedAnswer(form: 1, bytes: bytes, storedAt: 0, expiresAt: 0)
                case .notFound: nil
                }
            },
            decode: { $0.form == 0 ? .response($0.bytes) : .trace($0.bytes) })
    }
}
