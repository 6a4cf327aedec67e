namespace Aspire.Hosting
{
    /// <summary>The application model or one of its resources is wrong; the message says what to change.</summary>
    public class DistributedApplicationException : Exception
    {
        public DistributedApplicationException()
        {
        }

        public DistributedApplicationException(string message)
            : base(message)
        {
        }

        public DistributedApplicationException(string message, Exception inner)
            : base(message, inner)
        {
        }
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>Something an AppHost declares: a project, a store, a parameter.</summary>
    public interface IResource
    {
        /// <summary>1 to 64 ASCII letters, digits and hyphens; unique in the application, ignoring case.</summary>
        string Name { get; }
    }
}
