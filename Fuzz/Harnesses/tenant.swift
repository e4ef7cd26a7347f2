/// Input: a byte of settings, then the header's lines, separated by line feeds. Whatever is accepted is a sorted list of distinct,
/// valid names out of the header, and does not depend on the order in which they stand there.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let settings = bytes.first else { return 0 }
    let lines = bytes.dropFirst().split(separator: 10, omittingEmptySubsequences: false).prefix(8).map { Array($0) }
    let resolver = TenantResolver(
        multitenancyEnabled: settings & 1 == 0, multiTenantQueriesEnabled: settings & 2 == 0,
        maxTenants: 1 + Int(settings >> 2))

    let presence = outcome { () throws(TenantError) in try resolver.requirePresence(headerValues: lines) }
    let result = outcome { () throws(TenantError) in try resolver.resolve(headerValues: lines) }
    if case .failure(let error) = presence {
        guard case .failure(let other) = result, other == error else { fatalError("absent, and resolved") }
    }
    guard case .success(let tenants) = result else { return 0 }
    if !resolver.multitenancyEnabled {
        precondition(tenants == .singleTenant)
        return 0
    }

    let names = tenants.map { Array($0.name.utf8) }
    precondition(!names.isEmpty && names.count <= resolver.maxTenants, "none or too many")
    precondition(resolver.multiTenantQueriesEnabled || names.count == 1, "several, where one is allowed")
    for name in names { precondition(isValid(name), "not a tenant: \(name)") }
    for (one, next) in zip(names, names.dropFirst()) {
        precondition(one.lexicographicallyPrecedes(next), "not sorted, or twice")
    }

    // Every line names these tenants and no others, as it stands or as the first of its repeats (`t, t`).
    for line in lines {
        let first = line.split(separator: 44).first.map { Array($0) } ?? []
        precondition(
            named(in: line) == Set(names) || named(in: first) == Set(names), "other tenants than the header's")
    }
    let joined = Array(tenants.description.utf8)
    let backwards = names.reversed().joined(separator: [124])
    for header in [joined, Array(backwards)] {
        let again = outcome { () throws(TenantError) in try resolver.resolve(headerValues: [header, header]) }
        guard case .success(tenants) = again else { fatalError("not resolved again") }
    }
    return 0
}

private func outcome<Value>(_ body: () throws(TenantError) -> Value) -> Result<Value, TenantError> {
    Result(catching: body)
}

/// What stands between bars, up to a colon.
private func named(in line: [UInt8]) -> Set<[UInt8]> {
    let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
    let trimmed = line.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    return Set(Array(trimmed).split(separator: 124).map { segment in Array(segment.prefix { $0 != 58 }) })
}

/// Written apart from the code under test, from the rule's text.
private func isValid(_ name: [UInt8]) -> Bool {
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!-_.*'()".utf8)
    return (1...150).contains(name.count) && name.allSatisfy(allowed.contains) && name != [46] && name != [46, 46]
}
