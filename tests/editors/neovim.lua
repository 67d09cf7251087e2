-- A headless Neovim that opens a file, takes the code action, and ends with the `sorry` replaced:
--   LAKATOS=target/debug/lakatos nvim --headless -u NONE -i NONE -l tests/editors/neovim.lua FOLDER
-- Writes what happens to standard output; ends with 1 where something is not as it should be.

local here = vim.fs.dirname(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p'))
local folder = _G.arg[1]
local patience = 600000

local function say(line)
  io.stdout:write(line .. '\n')
end

local function check(holds, what)
  if not holds then
    say('FAILED: ' .. what)
    say(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'))
    say(vim.fn.execute('messages'))
    os.exit(1)
  end
end

local function wait(what, wanted)
  check(vim.wait(patience, wanted, 50), what .. ' did not come')
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

local function go_to(pattern)
  check(vim.fn.search(pattern, 'cw') > 0, 'there is no ' .. pattern)
end

vim.opt.runtimepath:prepend(here .. '/../../editors/nvim')
vim.cmd('filetype on')
local shown = {}
vim.notify = function(message)
  table.insert(shown, message)
end
require('lakatos').setup {
  cmd = { vim.env.LAKATOS or 'lakatos', 'lsp', '--embedded', '--workers', '2' },
  settings = { seconds = 300, hints = false },
}

vim.fn.writefile({
  '-- 𝔸 🦀',
  'variable (n : Nat)',
  'theorem one (m : Nat) : n + m = m + n := by /- 🦀 -/ sorry',
  'theorem two (p q : Prop) (hp : p) (hq : q) : p ∧ q := by',
  '  sorry',
}, folder .. '/Two.lean')
vim.cmd.edit(folder .. '/Two.lean')
say(':edit Two.lean')
check(vim.bo.filetype == 'lean', 'the filetype is ' .. vim.bo.filetype)
wait('the client', function()
  local client = vim.lsp.get_clients({ name = 'lakatos', bufnr = 0 })[1]
  return client and client.initialized and vim.fn.exists(':LakatosProve') == 2
end)

-- The code action, as a key would take it.
go_to('sorry')
say('code action: Prove this goal')
vim.lsp.buf.code_action {
  apply = true,
  filter = function(action)
    return action.title == 'Prove this goal'
  end,
}
wait('the proof', function()
  return select(2, text():gsub('sorry', '')) == 1
end)
check(text():find('by /- 🦀 -/ ', 1, true), 'what stood before the `sorry` has changed')

-- The command; its result comes to a script.
go_to('sorry')
say(':LakatosProve')
local result
require('lakatos').run('lakatos.prove', function(ended)
  result = ended or {}
end)
wait('the result', function()
  return result
end)
check(result.outcome == 'proved' and result.applied, vim.inspect(result))
check(not text():find('sorry'), 'a `sorry` is left')
say(text())

-- Cancelled: the search ends, nothing is edited.
vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'theorem three (a : Nat) (h : a * a = 4) : a = 3 := sorry' })
go_to('sorry')
local before = text()
local client = vim.lsp.get_clients({ name = 'lakatos' })[1]
require('lakatos').run('lakatos.prove')
check(next(client.requests), 'nothing is running')
vim.cmd('LakatosCancel')
-- Neovim keeps the answer to a cancelled request to itself.
wait('the cancellation', function()
  return next(client.requests) == nil
end)
check(text() == before, 'a cancelled search has edited the document')
say(':LakatosCancel')

vim.cmd('write')
if vim.fn.has('nvim-0.11') == 1 then
  client:stop()
else
  client.stop()
end
wait('the end of the server', function()
  return #vim.lsp.get_clients({ name = 'lakatos' }) == 0
end)
say('all as expected')
os.exit(0)
