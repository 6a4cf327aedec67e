using CloudNativeAi.Web.Tests.Browser;
using CloudNativeAi.Web.Tests.Fakes;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(WebHost))]
[assembly: AssemblyFixture(typeof(Chromium))]
// One browser and one server on few cores: in parallel they only wait for each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
