import TempoAPI

/// A service of the made-up shop. Each belongs to a team, and the team's spans are a tenant.
struct DemoService: Hashable {
    let name: String
    /// `foo` runs what customers see, `bar` takes orders and money, `baz` has the goods.
    let tenant: String
    let language: String
    let version: String

    static let web = DemoService(name: "web", tenant: "foo", language: "nodejs", version: "5.2.0")
    static let gateway = DemoService(name: "gateway", tenant: "foo", language: "go", version: "1.18.3")
    static let cart = DemoService(name: "cart", tenant: "foo", language: "java", version: "3.4.1")
    static let checkout = DemoService(name: "checkout", tenant: "bar", language: "java", version: "7.0.2")
    static let payment = DemoService(name: "payment", tenant: "bar", language: "go", version: "2.9.0")
    static let fraud = DemoService(name: "fraud-check", tenant: "bar", language: "python", version: "0.31.7")
    static let inventory = DemoService(name: "inventory", tenant: "baz", language: "rust", version: "1.1.9")
    static let shipping = DemoService(name: "shipping", tenant: "baz", language: "dotnet", version: "4.6.0")
    static let mailer = DemoService(name: "mailer", tenant: "baz", language: "python", version: "2.0.5")

    static let tenants = ["bar", "baz", "foo"]

    var resource: Resource {
        Resource(attributes: [
            .text("service.name", name), .text("service.namespace", "shop"), .text("service.version", version),
            .text("service.instance.id", "\(name)-0"), .text("deployment.environment", "demo"),
            .text("telemetry.sdk.language", language),
        ])
    }

    var scope: InstrumentationScope { InstrumentationScope(name: "shop/\(name)", version: version) }
}

extension KeyValue {
    static func text(_ key: String, _ value: String) -> KeyValue { KeyValue(key: key, value: AnyValue(.string(value))) }

    static func int(_ key: String, _ value: Int) -> KeyValue { KeyValue(key: key, value: AnyValue(.int(Int64(value)))) }

    static func double(_ key: String, _ value: Double) -> KeyValue {
        KeyValue(key: key, value: AnyValue(.double(value)))
    }

    static func bool(_ key: String, _ value: Bool) -> KeyValue { KeyValue(key: key, value: AnyValue(.bool(value))) }

    static func texts(_ key: String, _ values: [String]) -> KeyValue {
        KeyValue(key: key, value: AnyValue(.array(ArrayValue(values: values.map { AnyValue(.string($0)) }))))
    }
}
