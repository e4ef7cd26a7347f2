import Foundation
import HTTPTransport
import TempoAPI
import TenantFederation

/// Targets of unlike versions side by side: what a target does not serve is told, remembered and, where an older endpoint can
/// stand in, asked for there.
extension HTTPUpstream {
    private static let probeTimeout = Duration.seconds(5)
    private static let maxProbeBytes = 65_536

    /// Sends a request to an endpoint that may be lacking.
    /// - Throws: ``UpstreamError/Code/notServed(_:)`` when the target is a Tempo without this endpoint. Where no other target could
    ///   answer, the target's own answer is as good.
    func ask(
        _ endpoint: TargetEndpoint, path: String, parameters: [QueryParameter], accept: String, operation: Operation,
        _ context: SubRequestContext
    ) async throws -> HTTPClientResult {
        if learned.isLacking(endpoint) { throw lacking(endpoint, status: 404, context) }
        learned.noteUse()
        let result = try await exchange.send(
            path: path, parameters: parameters, accept: accept, operation: operation, context)
        if result.status == 200 {
            if result.fields["Content-Type"]?.hasPrefix("application/") ?? false { learned.noteTempo() }
            noteMark(of: result, context)
            return result
        }
        guard !isAlone, result.status == 404 || result.status == 501,
            try await isTempo(context, believesMemory: result.status == 501)
        else { throw exchange.error(for: result, context) }
        // A 501 may speak of this question rather than of the endpoint, and is not held against others.
        if result.status == 404 { learned.noteLacking(endpoint) }
        throw lacking(endpoint, status: result.status, context)
    }

    func lacking(_ endpoint: TargetEndpoint, status: Int, _ context: SubRequestContext) -> UpstreamError {
        UpstreamError(
            .notServed(status), message: "target \(name) does not serve \(endpoint.rawValue)", target: name,
            tenant: context.tenant)
    }

    // MARK: Probes

    /// Whether this is a Tempo, so that a refusal speaks of one endpoint and not of a wrong url: by its build information or its
    /// echo.
    /// - Parameter believesMemory: what it answered before will do. Not for a 404, which a gateway gives for every path while what
    ///   is behind it is away.
    private func isTempo(_ context: SubRequestContext, believesMemory: Bool) async throws -> Bool {
        if believesMemory, learned.isTempo { return true }
        if try await probeVersion(context) { return true }
        guard let echo = try await probe("/api/echo", context), echo.body.starts(with: "echo".utf8) else {
            return false
        }
        learned.noteTempo()
        return true
    }

    /// Asks for the build information and remembers the version. A failure tells nothing and is no failure of a query.
    /// - Returns: whether the target answered as a Tempo does.
    /// - Throws: `CancellationError` only.
    @discardableResult
    func probeVersion(_ context: SubRequestContext) async throws -> Bool {
        guard let result = try await probe("/api/status/buildinfo", context),
            let build = try? JSONDecoder().decode(BuildAnswer.self, from: Data(result.body))
        else { return false }
        exchange.state.note(version: build.version.isEmpty ? nil : build.version)
        learned.noteTempo()
        return true
    }

    private struct BuildAnswer: Decodable {
        var version: String
    }

    /// The 200 of a small page; nil for anything else.
    private func probe(_ path: String, _ context: SubRequestContext) async throws -> HTTPClientResult? {
        var context = context
        // What a query's log line says of attempts and bytes is said of its own sub-requests.
        context.account = SubRequestAccount()
        context.budget = ByteBudget(limit: Self.maxProbeBytes)
        context.deadline = min(context.deadline, .now + Self.probeTimeout)
        do {
            let result = try await exchange.send(
                path: path, accept: "", operation: .metadata, isProbe: true, context)
            return result.status == 200 ? result : nil
        } catch is UpstreamError {
            return nil
        }
    }

    // MARK: Older endpoints

    /// An answer of an endpoint or, where the target says that it does not have it, of the older one. Only a target that serves the
    /// older one is an old one; a gateway that serves neither may be mended any moment, and gave the first failure.
    func orOlder<Message: Sendable>(
        _ endpoint: TargetEndpoint, _ context: SubRequestContext, newer: () async throws -> Message,
        older: () async throws -> Message
    ) async throws -> Message {
        let failure: UpstreamError
        do {
            return try await newer()
        } catch let error as UpstreamError where error.mayBeOfEndpoint {
            failure = error
        }
        do {
            let answer = try await older()
            if failure.code != .status(501), failure.code != .notServed(501) { learned.noteLacking(endpoint) }
            return answer
        } catch let error as UpstreamError where error.mayBeOfEndpoint {
            throw failure
        }
    }

    /// Scoped names of a target that serves the flat list only: scopes are guessed.
    func scopedNamesOfFirstVersion(
        _ query: TagNamesQuery, _ context: SubRequestContext
    ) async throws -> SearchTagsV2Response {
        var flat = query
        flat.parameters.removeAll { $0.name == "scope" || $0.name == "q" }
        let answer: SearchTagsResponse = try await tagNamesOfFirstVersion(flat, context)
        context.account.note(
            AnswerNote(
                .approximate, "target \(name) does not serve /api/v2/search/tags: scopes of its tags are guessed"))
        let scope = query.parameters.first { $0.name == "scope" }?.value ?? ""
        let wanted = scope.isEmpty || scope == "none" ? ["resource", "span"] : [scope]
        let intrinsics = Set(IntrinsicTags.names)
        var names: [String: [String]] = [:]
        for tag in answer.tagNames where !intrinsics.contains(tag) {
            names[Self.guessedScope(tag), default: []].append(tag)
        }
        return SearchTagsV2Response(
            scopes: wanted.compactMap { scope in names[scope].map { SearchTagsV2Scope(name: scope, tags: $0) } },
            metrics: answer.metrics)
    }

    /// By the conventions of OpenTelemetry, what describes a process and its place belongs to the resource.
    private static func guessedScope(_ tag: String) -> String {
        let resource = [
            "service.", "k8s.", "host.", "telemetry.", "cloud.", "process.", "container.", "deployment.", "os.",
            "faas.",
            "cluster", "namespace", "pod", "aws.", "gcp.", "azure.",
        ]
        return resource.contains { tag.hasPrefix($0) } ? "resource" : "span"
    }

    /// Typed values of a target that serves plain ones only: all but the keywords are texts, and a filter is not obeyed.
    func typedValuesOfFirstVersion(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) async throws -> SearchTagValuesV2Response {
        guard let tag = Self.firstVersionName(query.tagName) else {
            throw lacking(.tagValuesV2, status: 404, context)
        }
        var plain = query
        plain.tagName = tag
        plain.parameters.removeAll { $0.name == "q" }
        let answer: SearchTagValuesResponse = try await tagValuesOfFirstVersion(plain, context)
        context.account.note(
            AnswerNote(
                .approximate,
                "target \(name) does not serve /api/v2/search/tag/{name}/values: its values are without types and filter"
            ))
        let type = ["status", "kind"].contains(tag) ? "keyword" : "string"
        return SearchTagValuesV2Response(
            tagValues: answer.tagValues.map { TagValue(type: type, value: $0) }, metrics: answer.metrics)
    }

    /// What the first version calls a tag: without a scope; nil for what it does not know.
    static func firstVersionName(_ name: String) -> String? {
        for prefix in ["resource.", "span.", "."] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        switch name {
        case "span:name": return "name"
        case "span:status": return "status"
        case "span:kind": return "kind"
        case "trace:rootName": return "rootName"
        case "trace:rootService": return "rootServiceName"
        default: break
        }
        for prefix in ["parent.", "event.", "link.", "instrumentation."] where name.hasPrefix(prefix) { return nil }
        return name.contains(":") ? nil : name
    }
}

extension UpstreamError {
    /// Whether an older endpoint may be there though this one is not.
    fileprivate var mayBeOfEndpoint: Bool {
        switch code {
        case .notServed, .status(501): true
        case .misrouted: message.hasPrefix("404 page not found")
        default: false
        }
    }
}
