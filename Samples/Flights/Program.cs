Console.WriteLine("The replayer is built in the next commit.");
