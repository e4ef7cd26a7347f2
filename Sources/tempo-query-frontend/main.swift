import Foundation
import HTTPTransport
import QueryFrontend

// Flags, signals and wiring; everything else is in QueryFrontend.

func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

if CommandLine.arguments.dropFirst().first == "traceql" {
    let command = TraceQLCommand(
        environment: ProcessInfo.processInfo.environment, readInput: StandardInput.read(upTo:))
    let result = command.run(Array(CommandLine.arguments.dropFirst(2)))
    FileHandle.standardOutput.write(Data(result.output.utf8))
    FileHandle.standardError.write(Data(result.errors.utf8))
    exit(result.exitCode)
}

let options: CommandLineOptions
do {
    options = try CommandLineOptions.parse(Array(CommandLine.arguments.dropFirst()))
} catch {
    printError("\(error)\n\(CommandLineOptions.usage)")
    exit(error.exitCode)
}

switch options.action {
case .help:
    print(CommandLineOptions.usage, terminator: "")
case .example:
    print(CommandLineOptions.exampleConfiguration, terminator: "")
case .version:
    print(BuildInformation().text, terminator: "")
case .health:
    let group = try EventLoopGroup(loopCount: 1)
    if let failure = await HealthProbe.failure(of: options.healthURL, group: group) {
        printError(failure)
        exit(1)
    }
    print("Tempo is healthy")
case .run:
    exit(await Program(options).run())
}
