import TenantFederation

extension SourceAttributes {
    init(_ configuration: FederationConfiguration) {
        self.init(
            tenantName: configuration.tenantAttribute, targetName: configuration.targetAttribute,
            areListed: configuration.listTenantAttribute)
    }
}
