import HTTPTransport
import TenantFederation

/// Targets that federate themselves, such as another process of this program.
extension HTTPUpstream {
    /// What such a target says of its answer holds for whatever is made of it, and keeps it out of the cache.
    func noteMark(of result: HTTPClientResult, _ context: SubRequestContext) {
        guard let mark = result.fields["X-Tempo-Federation"] else { return }
        let level: AnswerNote.Level
        switch mark {
        case FederationMark.Level.partial.text: level = .partial
        case FederationMark.Level.approximate.text, FederationMark.Level.tenantLocal.text: level = .approximate
        default: return
        }
        let reason = result.fields["X-Tempo-Federation-Reason"].map { ": \($0.prefix(Self.maxReasonLength))" } ?? ""
        context.account.note(AnswerNote(level, "target \(name) says \(mark)\(reason)"))
    }

    private static let maxReasonLength = 200
}
