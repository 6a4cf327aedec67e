Console.WriteLine("The application model is built in the next commit.");
