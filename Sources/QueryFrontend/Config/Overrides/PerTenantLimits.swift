import TenantFederation

/// The content of the per-tenant overrides file.
public struct PerTenantLimits: Sendable, Equatable {
    /// The key of the entry for every tenant without an entry of its own.
    public static let wildcard = "*"

    /// Limits by tenant, the wildcard included. An entry is the whole set: what it leaves out is zero.
    public var entries: [String: TenantLimits] = [:]
    /// The hash of the file; empty when there is none.
    public var sha256 = ""

    /// No entries.
    public init() {}

    /// The exact tenant's entry, else the wildcard's, else nil.
    func entry(for tenant: String) -> TenantLimits? {
        entries[tenant] ?? entries[PerTenantLimits.wildcard]
    }
}

/// Where the per-tenant overrides file is and how it is read; made once, used at every reload.
public struct OverridesSource: Sendable {
    let path: String
    let expandsEnvironment: Bool
    let acceptsLegacy: Bool
    let environment: [String: String]
    let readFile: @Sendable (String) throws(FileReadError) -> [UInt8]

    /// What a load found besides the limits.
    struct Loaded: Sendable, Equatable {
        var limits: PerTenantLimits
        var warnings: [ConfigurationWarning]
    }

    func readBytes() throws(ConfigurationError) -> [UInt8] {
        do throws(FileReadError) {
            return try readFile(path)
        } catch {
            throw ConfigurationError(
                .overrides, "failed to load runtime config: read file \(path): open \(path): \(error.message)")
        }
    }

    /// Reads the limits out of the file's bytes.
    func parse(_ bytes: [UInt8]) throws(ConfigurationError) -> Loaded {
        var text = bytes
        var loaded = Loaded(limits: PerTenantLimits(), warnings: [])
        if expandsEnvironment {
            do throws(EnvironmentExpander.Failure) {
                let expanded = try EnvironmentExpander.expand(bytes, environment: environment)
                text = expanded.text
                loaded.warnings += expanded.emptyNames.map { ConfigurationWarning.emptyVariable($0, file: path) }
            } catch {
                throw ConfigurationError(
                    .overrides, "failed to load runtime config: expand env vars from \(path): \(error.message)")
            }
        }
        var decoder = ConfigurationDecoder()
        decoder.acceptsLegacyOverrides = acceptsLegacy
        do throws(YAMLError) {
            if let root = try YAMLReader.parse(text) {
                var file = OverridesFile()
                decoder.decode(
                    root, into: &file, fields: OverridesFile.fields, typeName: "overrides.perTenantOverrides")
                loaded.limits.entries = file.entries
            }
        } catch {
            throw ConfigurationError(.overrides, "failed to load runtime config: load file \(path): yaml: \(error)")
        }
        guard decoder.problems.isEmpty else {
            throw ConfigurationError(
                .overrides,
                "failed to load runtime config: load file \(path): "
                    + ConfigurationLoader.unmarshalText(decoder.problems))
        }
        var problems: [String] = []
        for (tenant, limits) in loaded.limits.entries.sorted(by: { $0.key < $1.key }) {
            problems += limits.problems.map { "overrides.\(tenant).\($0)" }
        }
        guard problems.isEmpty else {
            throw ConfigurationError(
                .overrides,
                "failed to load runtime config: file \(path): " + problems.prefix(50).joined(separator: "; "))
        }
        if decoder.hasLegacyOverrides { loaded.warnings.append(.legacyOverrides(path)) }
        loaded.limits.sha256 = SHA256.hexDigest(bytes)
        return loaded
    }
}

/// The file's root.
private struct OverridesFile {
    var entries: [String: TenantLimits] = [:]

    static var fields: [ConfigurationField<OverridesFile>] {
        [
            ConfigurationField(
                key: "overrides",
                decode: { _, node, file, decoder in
                    guard case .mapping(let mapping) = node.content else {
                        return decoder.cannotUnmarshal(node, into: "map[string]*overrides.Overrides")
                    }
                    let limitFields = TenantLimits.fields
                    for key in mapping.duplicates {
                        decoder.problem("key \"\(key.text.prefix(64))\" already set in map", at: key.mark)
                    }
                    for entry in mapping.entries {
                        let tenant = entry.key.text
                        guard tenant == PerTenantLimits.wildcard || (try? TenantID(tenant)) != nil else {
                            decoder.problem("a key of overrides must be one tenant id or \"*\"", at: entry.key.mark)
                            continue
                        }
                        var limits = TenantLimits()
                        decoder.decode(
                            entry.value, into: &limits, fields: limitFields, typeName: TenantLimits.typeName)
                        file.entries[tenant] = limits
                    }
                }, render: { _ in nil })
        ]
    }
}

extension ConfigurationWarning {
    /// The name of the variable, never its value.
    static func emptyVariable(_ name: String, file: String) -> ConfigurationWarning {
        ConfigurationWarning(
            "environment variable \(name) expanded to nothing", "it is unset or empty, and used in \(file)")
    }

    static func legacyOverrides(_ place: String) -> ConfigurationWarning {
        ConfigurationWarning(
            "legacy overrides are in use", "flat keys in \(place) should be put under read, global and so on")
    }
}
