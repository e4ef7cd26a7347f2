/// From the `X-Scope-OrgID` lines of a request to its tenants.
///
/// In two steps, because a request's parameters are checked between them: `requirePresence` (401) comes before the
/// parameter checks of an endpoint, `resolve` (400) after them.
package struct TenantResolver: Sendable {
    /// `multitenancy_enabled`: when false the header is ignored, whatever it holds.
    package var multitenancyEnabled: Bool
    /// `query_frontend.multi_tenant_queries_enabled`: when false a request may name one tenant only.
    package var multiTenantQueriesEnabled: Bool
    /// `federation.max_tenants`: the most distinct tenants of one request.
    package var maxTenants: Int

    /// `federation.tenant_optional`: a request without the header, or with an empty one, names no tenant and is not refused.
    package var isOptional: Bool

    package init(
        multitenancyEnabled: Bool, multiTenantQueriesEnabled: Bool = true, maxTenants: Int = 100,
        isOptional: Bool = false
    ) {
        self.multitenancyEnabled = multitenancyEnabled
        self.isOptional = isOptional
        self.multiTenantQueriesEnabled = multiTenantQueriesEnabled
        self.maxTenants = maxTenants
    }

    /// Refuses with 401 a request without the header, or whose first header line is empty.
    /// - Parameter headerValues: the value of each `X-Scope-OrgID` line, trimmed of blanks; empty when absent.
    package func requirePresence(headerValues: [[UInt8]]) throws(TenantError) {
        guard multitenancyEnabled, !isOptional else { return }
        guard let first = headerValues.first, !first.isEmpty else { throw .noOrgID(status: 401) }
    }

    /// Whether the tenants of the request go to targets: not where the header is ignored, or optional and not there.
    package func namesTenants(headerValues: [[UInt8]]) -> Bool {
        multitenancyEnabled && !(isOptional && headerValues.allSatisfy(\.isEmpty))
    }

    /// The tenants that the header names, or the 400 that Tempo answers (an absent header is 401 here too).
    package func resolve(headerValues: [[UInt8]]) throws(TenantError) -> TenantIDs {
        guard namesTenants(headerValues: headerValues) else { return .singleTenant }
        try requirePresence(headerValues: headerValues)
        let value = try Self.singleValue(of: headerValues)
        return multiTenantQueriesEnabled ? try manyTenants(value) : try oneTenant(value)
    }

    /// Proxies and Grafana's streaming client repeat the header: as a second line, or joined as `t, t`. Repeats of the
    /// same value count once. Unlike lines are refused; taking one of them would answer for the wrong tenant.
    private static func singleValue(of lines: [[UInt8]]) throws(TenantError) -> ArraySlice<UInt8> {
        var value: ArraySlice<UInt8>?
        for line in lines {
            let once = withoutCommaRepeats(line[...])
            guard value == nil || value == once else { throw .multipleOrgIDs }
            value = once
        }
        return value ?? []
    }

    /// `t, t` is `t`. Pieces that are unlike, or empty, leave the text as it is, and its comma is then refused as a
    /// character.
    private static func withoutCommaRepeats(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard line.contains(UInt8(ascii: ",")) else { return line }
        var first: ArraySlice<UInt8>?
        for piece in line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let trimmed = trimmingBlanks(piece)
            guard !trimmed.isEmpty, first == nil || first == trimmed else { return line }
            first = trimmed
        }
        return first ?? line
    }

    private static func trimmingBlanks(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let byte = slice.first, byte == 0x20 || byte == 0x09 { slice.removeFirst() }
        while let byte = slice.last, byte == 0x20 || byte == 0x09 { slice.removeLast() }
        return slice
    }

    private static func segments(of value: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        value.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false).map { segment in
            segment.prefix { $0 != UInt8(ascii: ":") }
        }
    }

    /// Every segment is checked before an empty one is refused, and that before the tenants are counted.
    private func manyTenants(_ value: ArraySlice<UInt8>) throws(TenantError) -> TenantIDs {
        var names: [TenantID] = []
        var holdsEmpty = false
        for segment in Self.segments(of: value) {
            try TenantID.check(segment)
            if segment.isEmpty {
                holdsEmpty = true
            } else {
                names.append(TenantID(trusted: String(decoding: segment, as: UTF8.self)))
            }
        }
        guard !holdsEmpty, let tenants = TenantIDs(names) else { throw .noOrgID(status: 400) }
        guard tenants.count <= maxTenants else { throw .tooManyTenants(tenants.count, maximum: maxTenants) }
        return tenants
    }

    /// Only the first segment is checked as a name; the others have to repeat it.
    private func oneTenant(_ value: ArraySlice<UInt8>) throws(TenantError) -> TenantIDs {
        let segments = Self.segments(of: value)
        let first = segments.first ?? []
        try TenantID.check(first)
        guard segments.allSatisfy({ $0 == first }) else { throw .multipleOrgIDs }
        return TenantIDs(try TenantID(first))
    }
}
