import TenantFederation

extension APIError {
    /// The refusal of a tenant header, in the form that it has on the wire.
    init(_ error: TenantError) {
        let shape: Shape
        switch error.shape {
        case .plain: shape = .plain
        case .newlineNosniff: shape = .line
        }
        self.init(status: error.status, message: error.message, shape: shape)
    }
}
