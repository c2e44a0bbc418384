-- Every accepted count of a current full return with two places speaks for a side: one end lies in the sender's unit.
{{ config(severity='warn') }}
select
    reported.file_id,
    reported.sheet,
    reported.row_number,
    reported.item
from {{ ref('stg_report_cell') }} as reported
inner join {{ ref('int_current_file') }} as listed
    on reported.file_id = listed.file_id and listed.list_kind = 'full'
left join {{ ref('stg_form_item') }} as declared
    on reported.form_id = declared.form_id and reported.item = declared.item
left join {{ ref('int_od_return') }} as spoken
    on
        reported.file_id = spoken.file_id
        and reported.sheet = spoken.sheet
        and reported.row_number = spoken.row_number
        and reported.item = spoken.item
where
    reported.form_id = 'od_return'
    and declared.range is null
    and not (reported.origin_code = reported.unit_code and reported.dest_code = reported.unit_code)
    and reported.origin_code is not null
    and reported.dest_code is not null
    and spoken.file_id is null
