--- Lakatos in Neovim 0.10 or newer: a client of `lakatos lsp` beside Lean's own, and commands for what it does.
--- `:help lakatos` has the whole of it.

local M = {}

---@class lakatos.Options
---@field cmd? string[] the server's command line; `{ 'lakatos', 'lsp' }`
---@field filetypes? string[] `{ 'lean', 'lean4' }`
---@field settings? table what docs/lsp.md lists, for example `{ seconds = 30 }`
---@field lenses? boolean show *prove* and *refute* above theorems with a `sorry`; true
---@field inlay_hints? boolean show what closes a `sorry` behind it; true
---@field progress? boolean show on the command line how far a search is; true
---@field on_attach? fun(client: vim.lsp.Client, buffer: integer)

---@type lakatos.Options
local defaults = {
  cmd = { 'lakatos', 'lsp' },
  filetypes = { 'lean', 'lean4' },
  settings = {},
  lenses = true,
  inlay_hints = true,
  progress = true,
}

--- The user's commands, each with the server's.
local commands = {
  LakatosProve = { 'lakatos.prove', 'Prove this goal' },
  LakatosRefute = { 'lakatos.refute', 'Prove or refute' },
  LakatosSuggest = { 'lakatos.suggest', 'Suggest next tactics' },
  LakatosProveAll = { 'lakatos.proveAll', 'Replace sorry in this file' },
  LakatosShorten = { 'lakatos.shorten', 'Shorten this proof' },
  LakatosExplain = { 'lakatos.explain', 'Explain this statement in English' },
}

local function warn(message)
  vim.notify('Lakatos: ' .. message, vim.log.levels.WARN)
end

---@return vim.lsp.Client?
local function client_of(buffer)
  return vim.lsp.get_clients({ name = 'lakatos', bufnr = buffer })[1]
end

--- Calls a method of a client, which 0.10 has as a function.
local function call(client, method, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client[method](client, ...)
  end
  return client[method](...)
end

--- Has the server do something at the cursor. It answers by itself, with an edit or a message.
---@param command string the server's, for example `lakatos.prove`
---@param done? fun(result: table?) called with the result, or with nothing where it failed; not called where it was cancelled
function M.run(command, done)
  local buffer = vim.api.nvim_get_current_buf()
  local client = client_of(buffer)
  if not client then
    return warn('there is no server for this buffer; :checkhealth lsp and :help lakatos-trouble say more')
  end
  local place = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local argument = {
    uri = place.textDocument.uri,
    version = vim.lsp.util.buf_versions[buffer],
    position = place.position,
  }
  local params = { command = command, arguments = { argument } }
  call(client, 'request', 'workspace/executeCommand', params, function(failure, result)
    if failure then
      warn(failure.message)
    end
    if done then
      done(result)
    end
  end, buffer)
end

--- Cancels what the server does for this buffer; it answers each request all the same.
function M.cancel()
  local client = client_of(0)
  for id, request in pairs(client and client.requests or {}) do
    if request.type == 'pending' and request.method == 'workspace/executeCommand' then
      call(client, 'cancel_request', id)
    end
  end
end

local function attach(options, client, buffer)
  for name, command in pairs(commands) do
    vim.api.nvim_buf_create_user_command(buffer, name, function()
      M.run(command[1])
    end, { desc = command[2], force = true })
  end
  vim.api.nvim_buf_create_user_command(buffer, 'LakatosCancel', M.cancel, { desc = 'Cancel what is running', force = true })
  if options.inlay_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  if options.lenses then
    local group = vim.api.nvim_create_augroup('lakatos.lenses.' .. buffer, { clear = true })
    vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'TextChanged' }, {
      group = group,
      buffer = buffer,
      callback = function()
        vim.lsp.codelens.refresh({ bufnr = buffer })
      end,
    })
    vim.lsp.codelens.refresh({ bufnr = buffer })
  end
  if options.on_attach then
    options.on_attach(client, buffer)
  end
end

--- Shows on the command line how far a search is. Ends with an empty line: the server's own message follows.
local function show_progress(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  local value = event.data.params.value
  if not client or client.name ~= 'lakatos' or type(value) ~= 'table' then
    return
  end
  local text = ''
  if value.kind == 'begin' then
    text = value.title
  elseif value.kind == 'report' then
    text = value.message or ''
  end
  local width = math.max(vim.o.columns - 12, 10)
  vim.api.nvim_echo({ { text == '' and '' or 'Lakatos: ' .. vim.fn.strcharpart(text, 0, width - 10) } }, false, {})
end

--- Starts the server for Lean files, now and in the future.
---@param options? lakatos.Options
function M.setup(options)
  options = vim.tbl_extend('force', defaults, options or {})
  local group = vim.api.nvim_create_augroup('lakatos', { clear = true })
  if options.progress then
    vim.api.nvim_create_autocmd('LspProgress', { group = group, callback = show_progress })
  end
  local config = {
    name = 'lakatos',
    cmd = options.cmd,
    filetypes = options.filetypes,
    init_options = options.settings,
    settings = { lakatos = options.settings },
    on_attach = function(client, buffer)
      attach(options, client, buffer)
    end,
  }
  if vim.lsp.config then
    vim.lsp.config('lakatos', vim.tbl_extend('force', config, { root_markers = { 'lakefile.toml', 'lakefile.lean', 'lean-toolchain' } }))
    vim.lsp.enable('lakatos')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = options.filetypes,
    callback = function(event)
      local root = vim.fs.root(event.buf, { 'lakefile.toml', 'lakefile.lean', 'lean-toolchain' })
      vim.lsp.start(vim.tbl_extend('force', config, { root_dir = root }), { bufnr = event.buf })
    end,
  })
end

return M
