Console.WriteLine("usage: Benchmarks <name> [--quick]");
