using CloudNativeAi.TestSupport;

[assembly: AssemblyFixture(typeof(PostgresServer))]
