import TempoAPI

/// What customers do in the made-up shop, and what goes wrong.
enum DemoShop {
    private static let regions = ["eu-west", "us-east", "ap-south"]
    private static let items = ["lamp", "teapot", "notebook", "headphones", "bicycle bell", "umbrella"]

    /// One visit: looking around most of the time, a full cart now and then, a sale more rarely.
    static func visit(_ random: inout DemoRandom) -> DemoOperation {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<45: browse(&random)
        case ..<65: addToCart(&random)
        case ..<92: buy(&random)
        default: restock(&random)
        }
    }

    /// A sale that every team has a part in, and whose payment works at the second attempt.
    static func showpiece(_ random: inout DemoRandom) -> DemoOperation {
        buy(&random, payment: .retried, inStock: true)
    }

    // MARK: foo: what customers see

    private static func page(_ route: String, method: String = "GET", _ random: inout DemoRandom) -> DemoOperation {
        DemoOperation(
            service: .web, name: "\(method) \(route)", work: random.milliseconds(6),
            attributes: [
                .text("http.request.method", method), .text("http.route", route),
                .int("http.response.status_code", 200), .text("client.region", random.pick(regions)),
                .text("session.id", "s\(Int.random(in: 1...500, using: &random))"),
            ])
    }

    private static func api(_ route: String, method: String = "GET", _ random: inout DemoRandom) -> DemoOperation {
        DemoOperation(
            service: .gateway, name: "\(method) \(route)", work: random.milliseconds(1.5),
            attributes: [
                .text("http.request.method", method), .text("http.route", route),
                .int("http.response.status_code", 200), .bool("cache.hit", random.chance(0.3)),
            ])
    }

    private static func browse(_ random: inout DemoRandom) -> DemoOperation {
        var page = page("/items", &random)
        var api = api("/api/items", &random)
        var stock = rpc(.inventory, "Inventory/List", 3, &random)
        stock.run(database(.inventory, "SELECT items", "postgresql", &random))
        stock.attributes.append(.int("items.count", Int.random(in: 5...60, using: &random)))
        if random.chance(0.04) {
            stock.fail("connection pool is empty", type: "PoolTimeout")
            failAs(502, &api)
            failAs(502, &page)
        }
        api.call(stock)
        page.call(api)
        return page
    }

    private static func addToCart(_ random: inout DemoRandom) -> DemoOperation {
        var page = page("/cart", method: "POST", &random)
        var api = api("/api/cart", method: "POST", &random)
        var cart = rpc(.cart, "Cart/Add", 2, &random)
        cart.attributes += [
            .text("item.name", random.pick(items)), .int("item.quantity", Int.random(in: 1...4, using: &random)),
        ]
        cart.run(database(.cart, "HSET cart", "redis", &random))
        if random.chance(0.6) {
            var stock = rpc(.inventory, "Inventory/Reserve", 2, &random)
            stock.run(database(.inventory, "UPDATE stock", "postgresql", &random))
            cart.call(stock)
        }
        api.call(cart)
        page.call(api)
        return page
    }

    // MARK: bar: orders and money

    private enum Payment { case plain, retried, declined }

    private static func buy(_ random: inout DemoRandom) -> DemoOperation {
        let payment: Payment = random.chance(0.1) ? .declined : random.chance(0.12) ? .retried : .plain
        return buy(&random, payment: payment, inStock: !random.chance(0.05))
    }

    private static func buy(_ random: inout DemoRandom, payment: Payment, inStock: Bool) -> DemoOperation {
        var page = page("/checkout", method: "POST", &random)
        var api = api("/api/orders", method: "POST", &random)
        var order = rpc(.checkout, "Checkout/PlaceOrder", 8, &random)
        order.attributes += [
            .int("order.items", Int.random(in: 1...7, using: &random)),
            .double("order.total", Double(Int.random(in: 500...30_000, using: &random)) / 100),
            .text("order.currency", random.pick(["EUR", "USD", "INR"])),
            .texts("order.item_names", (0..<2).map { _ in random.pick(items) }),
        ]
        var cart = rpc(.cart, "Cart/Get", 1.5, &random)
        cart.run(database(.cart, "HGETALL cart", "redis", &random))
        order.call(cart)
        var stock = rpc(.inventory, "Inventory/Reserve", 3, &random)
        stock.run(database(.inventory, "UPDATE stock", "postgresql", &random))
        if !inStock { stock.fail("out of stock", type: "StockError") }
        order.call(stock)
        if inStock {
            pay(payment, &order, &random)
            if payment == .declined {
                order.fail("payment declined", type: "OrderError")
            } else {
                order.enqueue(dispatchGoods(&random), to: "orders", delay: 40)
            }
        } else {
            order.fail("an item is out of stock", type: "OrderError")
        }
        if order.error != nil {
            failAs(409, &api)
            failAs(409, &page)
        }
        api.call(order)
        page.call(api)
        return page
    }

    private static func pay(_ payment: Payment, _ order: inout DemoOperation, _ random: inout DemoRandom) {
        if payment == .retried {
            var lost = charge(attempt: 1, &random)
            lost.work = 2500
            lost.fail("card network did not answer", type: "GatewayTimeout")
            order.events.append(
                .init(name: "retry", position: 0.6, attributes: [.text("retry.reason", "payment timed out")]))
            order.call(lost, timesOut: true)
        }
        var charge = charge(attempt: payment == .retried ? 2 : 1, &random)
        if payment == .declined { charge.fail("card declined", type: "CardDeclined") }
        order.call(charge)
    }

    private static func charge(attempt: Int, _ random: inout DemoRandom) -> DemoOperation {
        var charge = rpc(.payment, "Payment/Charge", 25, &random)
        charge.attributes += [
            .int("payment.attempt", attempt), .text("payment.method", random.pick(["card", "card", "invoice"])),
        ]
        var check = rpc(.fraud, "Fraud/Score", 12, &random)
        check.attributes.append(.double("fraud.score", Double(Int.random(in: 0...1000, using: &random)) / 1000))
        charge.call(check)
        charge.run(database(.payment, "INSERT ledger", "postgresql", &random))
        return charge
    }

    // MARK: baz: the goods

    private static func dispatchGoods(_ random: inout DemoRandom) -> DemoOperation {
        var shipping = DemoOperation(
            service: .shipping, name: "orders process", work: random.milliseconds(15),
            attributes: [.text("shipping.carrier", random.pick(["post", "courier", "pickup"]))])
        shipping.events.append(
            .init(name: "label printed", position: 0.5, attributes: [.int("label.bytes", 4096)]))
        shipping.enqueue(
            DemoOperation(
                service: .mailer, name: "mails process", work: random.milliseconds(30),
                attributes: [.text("mail.template", "order-confirmation")]),
            to: "mails", delay: 60)
        return shipping
    }

    /// Nobody's customer: the stock is counted, which only `baz` sees.
    private static func restock(_ random: inout DemoRandom) -> DemoOperation {
        var job = DemoOperation(
            service: .inventory, name: "restock", kind: .internal, work: random.milliseconds(50),
            attributes: [.text("job.name", "restock"), .text("warehouse", random.pick(regions))])
        for _ in 0..<Int.random(in: 2...6, using: &random) {
            job.run(database(.inventory, "SELECT stock", "postgresql", &random))
        }
        return job
    }

    // MARK: Parts

    private static func rpc(
        _ service: DemoService, _ method: String, _ work: Double, _ random: inout DemoRandom
    ) -> DemoOperation {
        DemoOperation(
            service: service, name: method, work: random.milliseconds(work),
            attributes: [.text("rpc.system", "grpc"), .text("rpc.method", method)])
    }

    private static func database(
        _ service: DemoService, _ statement: String, _ system: String, _ random: inout DemoRandom
    ) -> DemoOperation {
        DemoOperation(
            service: service, name: statement, kind: .client,
            work: random.milliseconds(system == "redis" ? 0.6 : 4),
            attributes: [
                .text("db.system", system), .text("db.operation.name", String(statement.prefix { $0 != " " })),
            ])
    }

    private static func failAs(_ status: Int, _ operation: inout DemoOperation) {
        operation.error = "status \(status)"
        for index in operation.attributes.indices where operation.attributes[index].key == "http.response.status_code" {
            operation.attributes[index] = .int("http.response.status_code", status)
        }
    }
}
