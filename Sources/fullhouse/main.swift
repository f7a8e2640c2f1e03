import Commands

await FullhouseCommand.start()
