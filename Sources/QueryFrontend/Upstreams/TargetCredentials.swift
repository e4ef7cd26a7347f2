/// The Authorization that a target's own settings give, which replaces the caller's.
struct TargetCredentials: Sendable {
    private enum Kind {
        case none
        case fixed(Secret)
        case password(username: String, CredentialFile)
        case token(CredentialFile)
    }

    private let kind: Kind

    /// - Parameter tell: hears of files that cannot be read while the process runs.
    init(_ target: FederationConfiguration.ProxyTarget, tell: @escaping @Sendable (String) -> Void = { _ in }) {
        let tell: @Sendable (String) -> Void = { [name = target.name] in tell("target \(name): \($0)") }
        if let basicAuth = target.basicAuth, !basicAuth.passwordFile.isEmpty {
            kind = .password(
                username: basicAuth.username, CredentialFile(path: basicAuth.passwordFile, tell: tell))
        } else if let basicAuth = target.basicAuth {
            kind = .fixed(Secret(BasicCredentials.field(basicAuth)))
        } else if !target.bearerTokenFile.isEmpty {
            kind = .token(CredentialFile(path: target.bearerTokenFile, tell: tell))
        } else if !target.bearerToken.isEmpty {
            kind = .fixed(Secret("Bearer " + target.bearerToken.reveal()))
        } else {
            kind = .none
        }
    }

    /// False: the target's settings hold no credentials of these kinds.
    var isSet: Bool {
        if case .none = kind { false } else { true }
    }

    /// The value of the Authorization field where it comes from a file, and so may change; nil elsewhere.
    var changingAuthorization: String? {
        switch kind {
        case .none, .fixed: nil
        case .password, .token: authorization
        }
    }

    /// The value of the Authorization field; nil where none is set.
    var authorization: String? {
        switch kind {
        case .none: nil
        case .fixed(let field): field.reveal()
        case .password(let username, let file):
            BasicCredentials.field(.init(username: username, password: file.value))
        case .token(let file): "Bearer " + file.value.reveal()
        }
    }
}
